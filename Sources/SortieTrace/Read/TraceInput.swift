internal import Glibc
internal import SystemPackage

/// The bytes of a trace: a file, or memory. Files are read with pread, not mapped: one that is cut while it is being
/// read gives an error, not a SIGBUS.
final class TraceInput: Sendable {
  /// Named in errors.
  let path: String
  /// Bytes there were when it was opened.
  let size: UInt64
  private let descriptor: FileDescriptor?
  private let memory: [UInt8]

  /// Opens a regular file. Throws ``TraceError/open(path:_:)``.
  init(path: FilePath) throws(TraceError) {
    self.path = path.string
    memory = []
    let descriptor: FileDescriptor
    do { descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking]) } catch
    {
      throw .open(path: path.string, error as? Errno ?? .ioError)
    }
    var status = stat()
    let problem: Errno? =
      fstat(descriptor.rawValue, &status) != 0
      ? Errno(rawValue: errno)
      : status.st_mode & S_IFMT == S_IFDIR
        ? .isDirectory : status.st_mode & S_IFMT != S_IFREG ? .illegalSeek : nil
    if let problem {
      try? descriptor.close()
      throw .open(path: path.string, problem)
    }
    self.descriptor = descriptor
    size = UInt64(clamping: status.st_size)
  }

  /// A trace in memory.
  init(bytes: [UInt8], path: String) {
    self.path = path
    size = UInt64(bytes.count)
    descriptor = nil
    memory = bytes
  }

  deinit { try? descriptor?.close() }

  /// Replaces `buffer` with the bytes at `offset`: `count`, or as many as there are. Throws
  /// ``TraceError/read(path:offset:_:)``.
  func read(at offset: UInt64, _ count: Int, into buffer: inout ByteBuffer) throws(TraceError) {
    buffer.removeAll()
    guard offset < size else { return }
    let wanted = Int(min(UInt64(count), size - offset))
    guard let descriptor else {
      memory.withUnsafeBytes {
        buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[Int(offset)..<(Int(offset) + wanted)]))
      }
      return
    }
    let start = buffer.extend(by: wanted)
    var done = 0
    while done < wanted {
      let rest = UnsafeMutableRawBufferPointer(start: start + done, count: wanted - done)
      do {
        let count = try descriptor.read(fromAbsoluteOffset: Int64(offset) + Int64(done), into: rest)
        if count == 0 { break }
        done += count
      } catch {
        throw .read(path: path, offset: offset + UInt64(done), error as? Errno ?? .ioError)
      }
    }
    buffer.truncate(to: done)
  }
}
