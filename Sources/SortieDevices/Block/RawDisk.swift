internal import CLinuxIO
public import Glibc

/// A raw image: the bytes of a regular file or of a block device of the host.
public final class RawDisk: BlockBackend, @unchecked Sendable {
  /// Bytes of the image when it was opened.
  public let byteCount: UInt64
  /// The logical block of a device, 512 of a file.
  public let blockSize: UInt32
  /// Whether it was opened for reading only.
  public let isReadOnly: Bool

  private let descriptor: Int32
  private let isBlockDevice: Bool
  // One call at a time. After a failed fdatasync the kernel forgets which pages it could not write, and the next one
  // would succeed; what was lost then stays lost, so no later flush may say otherwise (fsync(2), EIO).
  private var flushError: BlockError?

  /// Opens the image at `path`, locked against other writers, or against all if it is not opened read-only.
  ///
  /// - Throws: ``RawDiskError``.
  public init(path: String, isReadOnly: Bool) throws(RawDiskError) {
    // Non-blocking, because opening a pipe would wait for its other end.
    let descriptor = open(path, (isReadOnly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let forbidsWriting = !isReadOnly && [EACCES, EPERM, EROFS].contains(errno)
      throw forbidsWriting ? .writing(path: path, errno: errno) : .open(path: path, errno: errno)
    }
    do throws(RawDiskError) {
      (byteCount, blockSize, isBlockDevice) = try Self.geometry(of: descriptor, path: path)
      guard flock(descriptor, (isReadOnly ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
        throw errno == EWOULDBLOCK ? RawDiskError.inUse(path: path) : .open(path: path, errno: errno)
      }
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.isReadOnly = isReadOnly
  }

  deinit {
    close(descriptor)
  }

  private static func geometry(
    of descriptor: Int32, path: String
  ) throws(RawDiskError) -> (byteCount: UInt64, blockSize: UInt32, isBlockDevice: Bool) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .open(path: path, errno: errno) }
    var byteCount = UInt64(status.st_size)
    var blockSize = UInt32(sectorSize)
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG || kind == S_IFBLK else { throw .kind(path: path) }
    if kind == S_IFBLK {
      let error = sortie_block_geometry(descriptor, &byteCount, &blockSize)
      guard error == 0 else { throw .open(path: path, errno: error) }
    }
    guard byteCount > 0, byteCount % sectorSize == 0 else { throw .size(path: path, bytes: byteCount) }
    return (byteCount, blockSize, kind == S_IFBLK)
  }

  // MARK: Transfers

  /// preadv(2).
  public func read(at offset: UInt64, into segments: UnsafeBufferPointer<iovec>) throws(BlockError) {
    // The file has become shorter if there is nothing to read.
    try transfer(segments, at: offset, atEnd: EIO) { preadv(descriptor, $0, $1, $2) }
  }

  /// pwritev(2).
  public func write(at offset: UInt64, from segments: UnsafeBufferPointer<iovec>) throws(BlockError) {
    try transfer(segments, at: offset, atEnd: ENOSPC) { pwritev(descriptor, $0, $1, $2) }
  }

  /// Calls `move` until all bytes are moved: the kernel takes 1024 segments and 2 GiB at once, and fewer bytes when it
  /// is interrupted or the disk fills up.
  private func transfer(
    _ segments: UnsafeBufferPointer<iovec>, at offset: UInt64, atEnd: Int32,
    _ move: (UnsafePointer<iovec>, Int32, Int) -> Int
  ) throws(BlockError) {
    var position = Int(offset)
    var rest = segments
    // What a call has left of the first of the rest.
    var partial: iovec?
    while true {
      var moved: Int
      if var first = partial {
        moved = move(&first, 1, position)
      } else if let first = rest.baseAddress, !rest.isEmpty {
        moved = move(first, Int32(min(rest.count, 1024)), position)
      } else {
        return
      }
      if moved < 0 {
        guard errno == EINTR else { throw .failed(errno: errno) }
        continue
      }
      guard moved > 0 else { throw .failed(errno: atEnd) }
      position += moved
      while moved > 0 {
        var first = partial ?? rest[rest.startIndex]
        partial = nil
        guard moved < first.iov_len else {
          moved -= first.iov_len
          rest = UnsafeBufferPointer(rebasing: rest.dropFirst())
          continue
        }
        first.iov_base += moved
        first.iov_len -= moved
        partial = first
        moved = 0
      }
    }
  }

  // MARK: Durability and room

  /// fdatasync(2). Once it has failed it fails for good.
  public func flush() throws(BlockError) {
    if let flushError { throw flushError }
    var result: Int32
    repeat { result = fdatasync(descriptor) } while result != 0 && errno == EINTR
    guard result == 0 else {
      let error = BlockError.failed(errno: errno)
      flushError = error
      throw error
    }
  }

  /// Punches a hole into a file (fallocate(2)); BLKDISCARD on a block device.
  public func discard(_ range: Range<UInt64>) throws(BlockError) {
    let count = range.upperBound - range.lowerBound
    try check(
      isBlockDevice
        ? sortie_block_discard(descriptor, range.lowerBound, count)
        : sortie_punch_hole(descriptor, range.lowerBound, count))
  }

  /// Punches a hole or zeroes the range (fallocate(2)); writes zeroes where the host knows neither.
  public func zero(_ range: Range<UInt64>, mayUnmap: Bool) throws(BlockError) {
    let count = range.upperBound - range.lowerBound
    do {
      // On block devices as well, where the kernel sees to it that the bytes read as zeroes.
      try check(
        mayUnmap
          ? sortie_punch_hole(descriptor, range.lowerBound, count)
          : sortie_zero_range(descriptor, range.lowerBound, count))
    } catch .unsupported {
      try writeZeroes(range)
    }
  }

  private func check(_ error: Int32) throws(BlockError) {
    guard error != 0 else { return }
    throw error == EOPNOTSUPP || error == ENOSYS || error == ENOTTY ? .unsupported : .failed(errno: error)
  }

  /// For file systems that know no shorter way.
  private func writeZeroes(_ range: Range<UInt64>) throws(BlockError) {
    let zeroes = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 4096)
    defer { zeroes.deallocate() }
    zeroes.initializeMemory(as: UInt8.self, repeating: 0)
    var position = range.lowerBound
    while position < range.upperBound {
      let count = min(Int(range.upperBound - position), zeroes.count)
      var segment = iovec(iov_base: zeroes.baseAddress, iov_len: count)
      try withUnsafePointer(to: &segment) { (segment) throws(BlockError) in
        try write(at: position, from: UnsafeBufferPointer(start: segment, count: 1))
      }
      position += UInt64(count)
    }
  }
}
