internal import CLinuxIO
internal import Glibc
import Synchronization

/// An OS thread that waits for descriptors and calls their handlers, one at a time.
///
/// Devices work here, so a vCPU never waits for a backend. Several devices may share a thread.
public final class IOThread: Sendable {
  /// What the kernel calls the thread (`/proc/self/task/*/comm`).
  public let name: String

  private let loop: IOLoop
  private let thread: Mutex<pthread_t?>

  /// Starts a thread.
  ///
  /// - Parameter name: the first 15 bytes are what the kernel keeps.
  /// - Throws: ``HostError`` when the host has no descriptor or thread left.
  public init(name: String) throws(HostError) {
    self.name = String(decoding: name.utf8.prefix(15), as: UTF8.self)
    loop = try IOLoop()
    var started = pthread_t()
    let context = Unmanaged.passRetained(loop)
    let error = sortie_io_thread_start(
      &started, self.name,
      { context in
        guard let context else { return nil }
        Unmanaged<IOLoop>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard error == 0 else {
      context.release()
      throw HostError("start a thread for \(name)", errno: error)
    }
    thread = Mutex(started)
  }

  deinit {
    stop()
  }

  /// CPU time that the thread has used so far, also after its end.
  public var cpuTime: Duration { loop.cpuTime }

  /// Calls `handler` on the thread whenever `descriptor` has one of `events`, until the registration is removed. The
  /// descriptor stays the caller's, who keeps it open until then.
  ///
  /// - Throws: ``HostError``: EPERM for a regular file, which is always ready; EEXIST for a descriptor that has a
  ///   handler here.
  public func add(
    _ descriptor: Int32, events: IOEvents, handler: @escaping @Sendable (IOEvents) -> Void
  ) throws(HostError) -> IORegistration {
    try loop.add(descriptor, events: events, handler: handler)
  }

  /// Waits for other events from now on; none at all but ``IOEvents/error`` and ``IOEvents/hangUp`` with an empty set.
  ///
  /// - Throws: ``HostError``; ENOENT after removal.
  public func modify(_ registration: IORegistration, events: IOEvents) throws(HostError) {
    try loop.modify(registration, events: events)
  }

  /// Takes a handler out. When this returns it does not run and will not, unless it is itself the caller. Waits for the
  /// handler that runs, so the caller must hold no lock that a handler takes. Removing twice does nothing.
  public func remove(_ registration: IORegistration) {
    loop.remove(registration)
  }

  /// Ends the thread and waits for it, unless called on it. Handlers are not called any more.
  public func stop() {
    guard let thread = thread.withLock({ $0.take() }) else { return }
    loop.stop()
    if loop.isCurrent {
      pthread_detach(thread)
    } else {
      pthread_join(thread, nil)
    }
  }
}

/// A descriptor with a handler on an ``IOThread``.
public struct IORegistration: Sendable {
  let descriptor: Int32
  let token: UInt64
}
