internal import Glibc
internal import SystemPackage

/// The file a trace is written to: whole blocks or nothing.
struct TraceOutput: ~Copyable {
  /// Named in errors.
  let path: String
  /// Where the next block goes: everything before is whole, bytes.
  private(set) var end: UInt64 = 0
  private let descriptor: FileDescriptor
  private var isOpen = true

  /// Takes ownership of `descriptor`, which is written from its current position: the start of an empty file.
  init(_ descriptor: FileDescriptor, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { if isOpen { try? descriptor.close() } }

  /// Appends `bytes`. On an error the file is cut back to ``end``, where it can be, and
  /// ``TraceError/write(path:offset:_:)`` says so.
  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(TraceError) {
    if let errno = withWriteSignalsHeld({ writeAll(bytes) }) {
      _ = ftruncate(descriptor.rawValue, off_t(end))
      _ = lseek(descriptor.rawValue, off_t(end), SEEK_SET)
      throw .write(path: path, offset: end, errno)
    }
    end += UInt64(bytes.count)
  }

  /// Replaces `buffer` with the bytes at `offset`. Precondition: the descriptor can be read. Throws
  /// ``TraceError/read(path:offset:_:)``.
  func read(at offset: UInt64, _ count: Int, into buffer: inout ByteBuffer) throws(TraceError) {
    buffer.removeAll()
    let start = buffer.extend(by: count)
    var done = 0
    while done < count {
      let rest = UnsafeMutableRawBufferPointer(start: start + done, count: count - done)
      do {
        let read = try descriptor.read(fromAbsoluteOffset: Int64(offset) + Int64(done), into: rest)
        guard read > 0 else { throw Errno.ioError }
        done += read
      } catch {
        throw .read(path: path, offset: offset + UInt64(done), error as? Errno ?? .ioError)
      }
    }
  }

  /// Closes the file; some file systems report a full disk or quota only now.
  mutating func close() throws(TraceError) {
    isOpen = false
    do { try descriptor.close() } catch {
      throw .write(path: path, offset: end, error as? Errno ?? .ioError)
    }
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) -> Errno? {
    var done = 0
    while done < bytes.count {
      do {
        let count = try descriptor.write(UnsafeRawBufferPointer(rebasing: bytes[done...]))
        guard count > 0 else { return .ioError }
        done += count
      } catch {
        return error as? Errno ?? .ioError
      }
    }
    return nil
  }

  /// Runs `body` with SIGPIPE and SIGXFSZ held back on this thread, and takes the one that `body` caused, so that a
  /// closed pipe and a file size limit are errors and not the end of the process.
  private func withWriteSignalsHeld(_ body: () -> Errno?) -> Errno? {
    var held = sigset_t()
    var previous = sigset_t()
    var pending = sigset_t()
    sigemptyset(&held)
    sigaddset(&held, SIGPIPE)
    sigaddset(&held, SIGXFSZ)
    pthread_sigmask(SIG_BLOCK, &held, &previous)
    sigpending(&pending)
    let errno = body()
    if errno == .brokenPipe || errno == .fileTooLarge {
      let signal = errno == .brokenPipe ? SIGPIPE : SIGXFSZ
      if sigismember(&pending, signal) == 0 {
        var caused = sigset_t()
        sigemptyset(&caused)
        sigaddset(&caused, signal)
        var now = timespec(tv_sec: 0, tv_nsec: 0)
        _ = sigtimedwait(&caused, nil, &now)
      }
    }
    pthread_sigmask(SIG_SETMASK, &previous, nil)
    return errno
  }
}
