import Glibc
internal import SystemPackage

/// A regular file that is read piece by piece, so that nothing of a large kernel or initial RAM disk is held twice.
final class BootFile: Sendable {
  /// Bytes, as they were when it was opened.
  let byteCount: UInt64
  private let descriptor: FileDescriptor

  /// Opens the file at `path`.
  ///
  /// - Throws: ``BootProblem/unreadable(_:)``, ``BootProblem/notAFile``, ``BootProblem/empty``.
  init(path: FilePath) throws(BootProblem) {
    (descriptor, byteCount) = try Self.open(path)
  }

  deinit { try? descriptor.close() }

  /// For libraries that read by themselves; still owned here.
  var rawDescriptor: Int32 { descriptor.rawValue }

  private static func open(_ path: FilePath) throws(BootProblem) -> (FileDescriptor, UInt64) {
    let descriptor: FileDescriptor
    // A FIFO without a writer must not keep the program waiting.
    do { descriptor = try .open(path, .readOnly, options: [.nonBlocking, .closeOnExec]) } catch {
      throw .unreadable(error as? Errno ?? .ioError)
    }
    do throws(BootProblem) {
      var status = stat()
      guard fstat(descriptor.rawValue, &status) == 0 else { throw .unreadable(Errno(rawValue: errno)) }
      guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
      guard status.st_size > 0 else { throw .empty }
      return (descriptor, UInt64(status.st_size))
    } catch {
      try? descriptor.close()
      throw error
    }
  }

  /// Fills `target` with what lies at `offset`.
  ///
  /// - Throws: ``BootProblem/cutOff(_:needed:file:)`` naming `what` where the file ends before,
  ///   ``BootProblem/unreadable(_:)``.
  func read(
    _ what: String, at offset: UInt64, into target: UnsafeMutableRawBufferPointer
  ) throws(BootProblem) {
    let (end, overflow) = offset.addingReportingOverflow(UInt64(target.count))
    guard !overflow, end <= byteCount else {
      throw .cutOff(what, needed: overflow ? .max : end, file: byteCount)
    }
    var done = 0
    while done < target.count {
      let count: Int
      do {
        count = try descriptor.read(
          fromAbsoluteOffset: Int64(offset) + Int64(done),
          into: UnsafeMutableRawBufferPointer(rebasing: target[done...]))
      } catch {
        throw .unreadable(error as? Errno ?? .ioError)
      }
      // Cut since it was opened.
      guard count > 0 else { throw .cutOff(what, needed: end, file: offset + UInt64(done)) }
      done += count
    }
  }

  /// The first bytes, at most `count`.
  ///
  /// - Throws: ``BootProblem/unreadable(_:)``.
  func head(_ count: Int) throws(BootProblem) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Int(min(UInt64(count), byteCount)), alignment: 1)
    defer { buffer.deallocate() }
    try read("the beginning", at: 0, into: buffer)
    return Array(buffer)
  }
}
