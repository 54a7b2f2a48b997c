public import Glibc

/// What a disk keeps its bytes in. Disk models check what the guest asks for; a backend is only given ranges that lie
/// below ``byteCount``, and no writes while ``isReadOnly``.
///
/// Calls block and come from I/O threads, one at a time for each disk.
public protocol BlockBackend: AnyObject, Sendable {
  /// Capacity, a multiple of ``sectorSize`` that does not change.
  var byteCount: UInt64 { get }
  /// Bytes that are best read and written together: the logical block of a device, or 512.
  var blockSize: UInt32 { get }
  /// Whether nothing may be written.
  var isReadOnly: Bool { get }

  /// Reads the bytes from `offset` on into all of `segments`, one after the other.
  func read(at offset: UInt64, into segments: UnsafeBufferPointer<iovec>) throws(BlockError)

  /// Writes all of `segments`, one after the other, to `offset` on. They are durable after ``flush()``.
  func write(at offset: UInt64, from segments: UnsafeBufferPointer<iovec>) throws(BlockError)

  /// Returns when all that was written, discarded or zeroed before survives a loss of power.
  func flush() throws(BlockError)

  /// The guest does not need the bytes of `range` any more; they read as anything.
  func discard(_ range: Range<UInt64>) throws(BlockError)

  /// Makes the bytes of `range` zero.
  ///
  /// - Parameter mayUnmap: whether they may give up their room on the host's disk.
  func zero(_ range: Range<UInt64>, mayUnmap: Bool) throws(BlockError)
}

/// Bytes of a sector, the unit in which every disk model counts.
public let sectorSize: UInt64 = 512

/// Why a backend did not do what it was asked for.
public enum BlockError: Error, Equatable, Sendable {
  /// The host cannot do this at all.
  case unsupported
  /// The host failed with this errno(3), such as EIO or ENOSPC.
  case failed(errno: Int32)
}
