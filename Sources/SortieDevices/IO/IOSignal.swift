internal import CLinuxIO
internal import Glibc

/// An eventfd(2) by which one thread calls another. It owns it.
struct IOSignal: ~Copyable, Sendable {
  /// The eventfd.
  let descriptor: Int32

  /// A signal, which errors call `name`.
  ///
  /// - Throws: ``HostError`` when the host has no descriptor left.
  init(_ name: String) throws(HostError) {
    let made = sortie_io_eventfd()
    guard made >= 0 else { throw HostError(name, errno: -made) }
    descriptor = made
  }

  deinit { close(descriptor) }

  /// Signals. It never waits: a full counter says it all already.
  func send() {
    var one: UInt64 = 1
    _ = write(descriptor, &one, 8)
  }
}
