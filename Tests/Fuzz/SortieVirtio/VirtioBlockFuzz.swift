import Glibc
import SortieDevices

/// Input: 32 bytes of changes, the last of which chooses the disk, then the guest's memory with its queue.
func fuzzVirtioBlock(_ bytes: UnsafeRawBufferPointer) {
  guard bytes.count > 32 else { return }
  let rings = FuzzedRings(bytes)
  let disk = FuzzedDisk(choices: bytes[31])
  let writeback = WritebackMode()
  writeback.set(bytes[31] & 8 == 0)
  let requests = BlockRequests(disk: disk, queue: 0, identifier: "fuzzed", writeback: writeback)
  rings.serve(bytes, features: [.indirectDescriptors, .eventIndex]) { (chain) throws(VirtioFault) in
    let room = chain.writableByteCount
    let status = chain.writableSegments.last.flatMap { last in last.iov_base.map { $0 + last.iov_len - 1 } }
    let written = try requests.serve(&chain)
    guard let status else { fatalError("served without room for a status") }
    precondition(status.load(as: UInt8.self) <= 2, "no status was written")
    precondition(written <= room, "more written than there was room")
    precondition(writeback.isOn || !disk.isDirty, "a write that is not durable was answered")
    return written
  }
}

/// A disk of 64 sectors that has no bytes but sees what it is asked for.
private final class FuzzedDisk: BlockBackend, @unchecked Sendable {
  let byteCount: UInt64 = 64 * sectorSize
  let blockSize: UInt32 = 512
  let isReadOnly: Bool
  private let failure: BlockError?
  private(set) var isDirty = false

  init(choices: UInt8) {
    isReadOnly = choices & 1 != 0
    failure = choices & 2 == 0 ? nil : choices & 4 == 0 ? .unsupported : .failed(errno: EIO)
  }

  private func check(_ offset: UInt64, _ segments: UnsafeBufferPointer<iovec>) {
    var count: UInt64 = 0
    for segment in segments { count += UInt64(segment.iov_len) }
    check(offset..<offset + count)
  }

  private func check(_ range: Range<UInt64>) {
    precondition(!range.isEmpty && range.upperBound <= byteCount, "outside the disk")
    precondition(range.lowerBound % sectorSize == 0 && range.upperBound % sectorSize == 0, "no whole sectors")
  }

  private func change() throws(BlockError) {
    precondition(!isReadOnly, "a read-only disk is written")
    if let failure { throw failure }
    isDirty = true
  }

  func read(at offset: UInt64, into segments: UnsafeBufferPointer<iovec>) throws(BlockError) {
    check(offset, segments)
    if let failure { throw failure }
    for segment in segments {
      UnsafeMutableRawBufferPointer(start: segment.iov_base, count: segment.iov_len)
        .initializeMemory(as: UInt8.self, repeating: 0xd1)
    }
  }

  func write(at offset: UInt64, from segments: UnsafeBufferPointer<iovec>) throws(BlockError) {
    check(offset, segments)
    try change()
  }

  func flush() throws(BlockError) { isDirty = false }

  func discard(_ range: Range<UInt64>) throws(BlockError) {
    check(range)
    try change()
  }

  func zero(_ range: Range<UInt64>, mayUnmap: Bool) throws(BlockError) {
    check(range)
    try change()
  }
}
