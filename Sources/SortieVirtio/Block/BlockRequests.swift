import SortieDevices

/// What a block device does with each request (Virtual I/O Device Version 1.2, section 5.2.6). One thread uses it.
///
/// A request is done when ``serve(_:)`` returns, and requests are served in their order: a flush is answered when all
/// writes that were answered before it are durable.
final class BlockRequests: @unchecked Sendable {
  private enum Kind {
    static let read: UInt32 = 0
    static let write: UInt32 = 1
    static let flush: UInt32 = 4
    static let getID: UInt32 = 8
    static let discard: UInt32 = 11
    static let writeZeroes: UInt32 = 13
  }

  private enum Status {
    static let ok: UInt8 = 0
    static let error: UInt8 = 1
    static let unsupported: UInt8 = 2
  }

  /// Why a request is not done.
  private enum Refusal: Error {
    /// VIRTIO_BLK_S_IOERR.
    case error
    /// VIRTIO_BLK_S_UNSUPP.
    case unsupported
  }

  /// The first 16 bytes to read of a request.
  private struct Header {
    var kind: UInt32 = 0
    var reserved: UInt32 = 0
    var sector: UInt64 = 0
  }

  /// A range to discard or zero.
  private struct Extent {
    var sector: UInt64 = 0
    var sectorCount: UInt32 = 0
    var flags: UInt32 = 0
  }

  private let disk: any BlockBackend
  private let queue: Int
  private let identifier: [UInt8]
  private let writeback: WritebackMode
  // Copied here, because the guest may change its own between the check and the use.
  private let extents = UnsafeMutableBufferPointer<Extent>.allocate(
    capacity: BlockConfiguration.maximumRanges)

  /// Requests of `queue` for `disk`, whose `identifier` are the first 20 bytes.
  init(disk: any BlockBackend, queue: Int, identifier: String, writeback: WritebackMode) {
    self.disk = disk
    self.queue = queue
    let bytes = Array(identifier.utf8.prefix(Self.identifierByteCount))
    self.identifier = bytes + Array(repeating: 0, count: Self.identifierByteCount - bytes.count)
    self.writeback = writeback
  }

  deinit {
    extents.deallocate()
  }

  private static let identifierByteCount = 20

  /// Does what `chain` asks for and writes its status.
  ///
  /// - Returns: how many bytes were written to the front of its buffers.
  /// - Throws: ``VirtioFault/request(queue:problem:)`` when there is no room for a status.
  func serve(_ chain: inout DescriptorChain) throws(VirtioFault) -> UInt32 {
    guard let status = chain.removeLastWritable() else {
      throw .request(queue: queue, problem: "no room for the status of a block request")
    }
    let room = chain.writableByteCount
    let filled: Int
    do throws(Refusal) {
      filled = try perform(&chain)
      status.pointee = Status.ok
    } catch {
      filled = 0
      status.pointee = error == .unsupported ? Status.unsupported : Status.error
    }
    // The status is part of what was written to the front if all before it was (section 2.7.8.2).
    return UInt32(clamping: filled == room ? filled + 1 : filled)
  }

  private func perform(_ chain: inout DescriptorChain) throws(Refusal) -> Int {
    var header = Header()
    let count = withUnsafeMutableBytes(of: &header) { chain.read(into: $0) }
    guard count == MemoryLayout<Header>.size else { throw .error }
    switch header.kind {
    case Kind.read:
      let count = chain.writableByteCount
      let range = try range(sector: header.sector, byteCount: UInt64(count))
      try attempt { () throws(BlockError) in
        try disk.read(at: range.lowerBound, into: chain.writableSegments)
      }
      return count
    case Kind.write:
      try requireWritable()
      let range = try range(sector: header.sector, byteCount: UInt64(chain.readableByteCount))
      try attempt { () throws(BlockError) in
        try disk.write(at: range.lowerBound, from: chain.readableSegments)
      }
      try settle()
    case Kind.flush:
      try attempt { () throws(BlockError) in try disk.flush() }
    case Kind.getID:
      guard chain.writableByteCount >= Self.identifierByteCount else { throw .error }
      return identifier.withUnsafeBytes { chain.write($0) }
    case Kind.discard, Kind.writeZeroes:
      try requireWritable()
      try deallocate(&chain, isDiscard: header.kind == Kind.discard)
      try settle()
    default:
      throw .unsupported
    }
    return 0
  }

  /// Section 5.2.6.2: the flags first, and nothing is done unless all of the ranges are good.
  private func deallocate(_ chain: inout DescriptorChain, isDiscard: Bool) throws(Refusal) {
    let (count, rest) = chain.readableByteCount.quotientAndRemainder(dividingBy: MemoryLayout<Extent>.stride)
    guard count > 0, rest == 0, count <= extents.count else { throw .error }
    chain.read(into: UnsafeMutableRawBufferPointer(extents))
    let limit =
      isDiscard ? BlockConfiguration.maximumDiscardSectors : BlockConfiguration.maximumZeroesSectors
    for extent in extents[..<count] {
      guard extent.flags & ~1 == 0, !isDiscard || extent.flags == 0 else { throw .unsupported }
    }
    for extent in extents[..<count] {
      guard extent.sectorCount <= limit else { throw .error }
      _ = try range(of: extent)
    }
    for extent in extents[..<count] {
      let range = try range(of: extent)
      try attempt { () throws(BlockError) in
        if isDiscard {
          try disk.discard(range)
        } else {
          try disk.zero(range, mayUnmap: extent.flags == 1)
        }
      }
    }
  }

  private func range(of extent: Extent) throws(Refusal) -> Range<UInt64> {
    try range(sector: extent.sector, byteCount: UInt64(extent.sectorCount) * sectorSize)
  }

  /// The bytes from `sector` on; whole sectors of the disk, and at least one.
  private func range(sector: UInt64, byteCount: UInt64) throws(Refusal) -> Range<UInt64> {
    guard byteCount > 0, byteCount % sectorSize == 0, byteCount <= disk.byteCount,
      sector <= (disk.byteCount - byteCount) / sectorSize
    else { throw .error }
    return sector * sectorSize..<sector * sectorSize + byteCount
  }

  private func requireWritable() throws(Refusal) {
    guard !disk.isReadOnly else { throw .error }
  }

  /// Makes a write durable before it is answered, unless the driver flushes itself.
  private func settle() throws(Refusal) {
    guard !writeback.isOn else { return }
    try attempt { () throws(BlockError) in try disk.flush() }
  }

  private func attempt(_ body: () throws(BlockError) -> Void) throws(Refusal) {
    do throws(BlockError) {
      try body()
    } catch {
      throw error == .unsupported ? .unsupported : .error
    }
  }
}
