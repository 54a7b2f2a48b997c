internal import Glibc
internal import SystemPackage

/// The bytes of a recording: a file, or memory. Files are read with pread, not mapped: one that is cut while it is being
/// read gives an error, not a SIGBUS. Used by one thread.
final class ImportInput {
  /// Named in errors.
  let path: String
  /// Bytes there were when it was opened.
  let size: UInt64
  private let descriptor: FileDescriptor?
  /// Bytes from `windowStart` on, held for the many small reads.
  private var window: [UInt8]
  private var windowStart: UInt64 = 0

  /// Bytes that are read at a time.
  private static let windowSize: UInt64 = 1 << 18

  /// Opens a regular file.
  ///
  /// - Throws: ``ImportError/open(path:_:)``.
  init(path: FilePath) throws(ImportError) {
    self.path = path.string
    let descriptor: FileDescriptor
    do { descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking]) } catch
    {
      throw .open(path: path.string, error as? Errno ?? .ioError)
    }
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      try? descriptor.close()
      throw status.st_mode & S_IFMT == S_IFDIR
        ? .open(path: path.string, .isDirectory)
        : .refused("\(path) is no file: write the recording to a file first, its parts are not read in order")
    }
    self.descriptor = descriptor
    size = UInt64(clamping: status.st_size)
    window = []
  }

  /// A recording, or a part of one, in memory.
  init(bytes: [UInt8], path: String) {
    self.path = path
    size = UInt64(bytes.count)
    descriptor = nil
    window = bytes
  }

  deinit { try? descriptor?.close() }

  /// Calls `body` with `count` bytes at `offset`.
  ///
  /// - Throws: ``ImportError/truncated(offset:what:)`` where there are fewer, naming `what`, before any memory is taken.
  func bytes<Result>(
    at offset: UInt64, _ count: UInt64, of what: String, _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(ImportError) -> Result {
    guard offset <= size, count <= size - offset else { throw .truncated(offset: size, what: what) }
    if offset < windowStart || offset + count > windowStart + UInt64(window.count) {
      try fill(from: offset, max(count, min(Self.windowSize, size - offset)), what)
    }
    let start = Int(offset - windowStart)
    return window.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<start + Int(count)])) }
  }

  private func fill(from offset: UInt64, _ count: UInt64, _ what: String) throws(ImportError) {
    guard let descriptor else { throw .truncated(offset: size, what: what) }
    var fresh = [UInt8](repeating: 0, count: Int(count))
    var done = 0
    while done < fresh.count {
      let result = fresh.withUnsafeMutableBytes { bytes in
        Result {
          try descriptor.read(
            fromAbsoluteOffset: Int64(offset) + Int64(done),
            into: UnsafeMutableRawBufferPointer(rebasing: bytes[done...]))
        }
      }
      switch result {
      case .success(0): throw .truncated(offset: offset + UInt64(done), what: what)
      case .success(let count): done += count
      case .failure(let error):
        throw .read(path: path, offset: offset + UInt64(done), error as? Errno ?? .ioError)
      }
    }
    (window, windowStart) = (fresh, offset)
  }
}
