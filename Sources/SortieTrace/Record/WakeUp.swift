internal import Glibc
internal import SystemPackage

/// Lets a thread sleep for a while or until another thread wakes it. A pipe, so that waking neither locks nor waits.
final class WakeUp: Sendable {
  private let readEnd: FileDescriptor
  private let writeEnd: FileDescriptor

  /// Throws ``TraceError/thread(_:)`` where there are no descriptors left.
  init() throws(TraceError) {
    do {
      (readEnd, writeEnd) = try FileDescriptor.pipe()
    } catch {
      throw .thread(error as? Errno ?? .tooManyOpenFiles)
    }
    for end in [readEnd, writeEnd] {
      _ = fcntl(end.rawValue, F_SETFL, O_NONBLOCK)
      _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC)
    }
  }

  deinit {
    try? readEnd.close()
    try? writeEnd.close()
  }

  /// Ends the wait, or the next one. A full pipe does too.
  func wake() {
    var byte: UInt8 = 1
    _ = write(writeEnd.rawValue, &byte, 1)
  }

  /// Waits at most `milliseconds`.
  func wait(milliseconds: Int32) {
    var state = pollfd(fd: readEnd.rawValue, events: Int16(POLLIN), revents: 0)
    guard poll(&state, 1, milliseconds) > 0 else { return }
    var bytes: (UInt64, UInt64) = (0, 0)
    _ = read(readEnd.rawValue, &bytes, 16)
  }
}
