import Glibc

/// A disk of 700 sectors, two of which are bad, that has no bytes but sees what it is asked for. Each third flush fails.
final class FuzzedDisk: BlockBackend, @unchecked Sendable {
  let byteCount: UInt64 = 700 * sectorSize
  let blockSize: UInt32 = 512
  let isReadOnly: Bool
  private(set) var calls = 0
  private var flushes = 0
  var meanwhile: (() -> Void)?

  init(isReadOnly: Bool) { self.isReadOnly = isReadOnly }

  private func check(_ offset: UInt64, _ segments: UnsafeBufferPointer<iovec>) throws(BlockError) {
    begin()
    let end = segments.reduce(offset) { $0 + UInt64($1.iov_len) }
    precondition(offset < end && end <= byteCount, "outside the disk")
    precondition(offset % sectorSize == 0 && end % sectorSize == 0, "no whole sectors")
    for bad in [50, 180] as [UInt64] where (offset..<end).contains(bad * sectorSize) {
      throw .failed(errno: EIO)
    }
  }

  private func begin() {
    calls += 1
    let action = meanwhile
    meanwhile = nil
    action?()
  }

  func read(at offset: UInt64, into segments: UnsafeBufferPointer<iovec>) throws(BlockError) {
    try check(offset, segments)
    for segment in segments {
      UnsafeMutableRawBufferPointer(start: segment.iov_base, count: segment.iov_len)
        .initializeMemory(as: UInt8.self, repeating: 0xd1)
    }
  }

  func write(at offset: UInt64, from segments: UnsafeBufferPointer<iovec>) throws(BlockError) {
    precondition(!isReadOnly, "a read-only disk is written")
    try check(offset, segments)
  }

  func flush() throws(BlockError) {
    begin()
    flushes += 1
    if flushes % 3 == 0 { throw .failed(errno: EIO) }
  }

  func discard(_ range: Range<UInt64>) throws(BlockError) { preconditionFailure("IDE does not discard") }
  func zero(_ range: Range<UInt64>, mayUnmap: Bool) throws(BlockError) {
    preconditionFailure("IDE does not zero")
  }
}
