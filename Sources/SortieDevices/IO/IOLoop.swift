internal import CLinuxIO
internal import Glibc
import Synchronization

/// The inside of an ``IOThread``, which the thread keeps alive itself.
final class IOLoop: Sendable {
  typealias Handler = @Sendable (IOEvents) -> Void

  private struct Handlers: ~Copyable {
    // Tokens are never used twice, so an event that was fetched before a removal meets no other handler.
    var byToken: [UInt64: Handler] = [:]
    var nextToken: UInt64 = 1
  }

  /// The token of the descriptor that wakes the thread to look whether it is to end.
  private static let wakeToken: UInt64 = 0

  private let epoll: Int32
  private let wake: Int32
  private let handlers = Mutex(Handlers())
  // Held while a handler runs.
  private let running = Mutex<Void>(())
  private let isStopping = Atomic<Bool>(false)
  private let threadID = Atomic<UInt>(0)
  private let clock = Atomic<Int32>(0)
  // Nanoseconds of CPU time at the end; negative while the thread lives.
  private let finalTime = Atomic<Int64>(-1)

  init() throws(HostError) {
    let epoll = sortie_epoll_create()
    guard epoll >= 0 else { throw HostError("epoll_create1", errno: -epoll) }
    let wake = sortie_io_eventfd()
    guard wake >= 0 else {
      close(epoll)
      throw HostError("eventfd", errno: -wake)
    }
    let error = sortie_epoll_add(epoll, wake, IOEvents.readable.rawValue, Self.wakeToken)
    guard error == 0 else {
      close(epoll)
      close(wake)
      throw HostError("epoll_ctl", errno: error)
    }
    self.epoll = epoll
    self.wake = wake
  }

  deinit {
    close(epoll)
    close(wake)
  }

  // MARK: Any thread

  func add(_ descriptor: Int32, events: IOEvents, handler: @escaping Handler) throws(HostError)
    -> IORegistration
  {
    let token = handlers.withLock { handlers in
      let token = handlers.nextToken
      handlers.nextToken += 1
      handlers.byToken[token] = handler
      return token
    }
    let error = sortie_epoll_add(epoll, descriptor, events.rawValue, token)
    guard error == 0 else {
      handlers.withLock { _ = $0.byToken.removeValue(forKey: token) }
      throw HostError("wait for descriptor \(descriptor)", errno: error)
    }
    return IORegistration(descriptor: descriptor, token: token)
  }

  func modify(_ registration: IORegistration, events: IOEvents) throws(HostError) {
    let error = handlers.withLock { handlers in
      handlers.byToken[registration.token] == nil
        ? ENOENT : sortie_epoll_modify(epoll, registration.descriptor, events.rawValue, registration.token)
    }
    guard error == 0 else {
      throw HostError("wait for descriptor \(registration.descriptor)", errno: error)
    }
  }

  func remove(_ registration: IORegistration) {
    // The handler may own what it was called for: it goes only after the lock.
    let handler = handlers.withLock { handlers -> Handler? in
      guard let handler = handlers.byToken.removeValue(forKey: registration.token) else { return nil }
      _ = sortie_epoll_remove(epoll, registration.descriptor)
      return handler
    }
    // Also when someone else has removed it a moment ago: it may still run.
    if !isCurrent { running.withLock { _ in } }
    _ = handler
  }

  func stop() {
    isStopping.store(true, ordering: .releasing)
    var one: UInt64 = 1
    _ = write(wake, &one, 8)
  }

  /// Whether this is the thread itself.
  var isCurrent: Bool { threadID.load(ordering: .acquiring) == UInt(pthread_self()) }

  var cpuTime: Duration {
    var now = timespec()
    let clock = clock.load(ordering: .acquiring)
    if clock != 0, finalTime.load(ordering: .acquiring) < 0, clock_gettime(clock, &now) == 0 {
      return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec)
    }
    return .nanoseconds(max(0, finalTime.load(ordering: .acquiring)))
  }

  // MARK: The thread

  func run() {
    threadID.store(UInt(pthread_self()), ordering: .releasing)
    var ownClock = clockid_t()
    if pthread_getcpuclockid(pthread_self(), &ownClock) == 0 { clock.store(ownClock, ordering: .releasing) }
    withUnsafeTemporaryAllocation(of: sortie_epoll_event.self, capacity: 64) { events in
      guard let first = events.baseAddress else { return }
      while !isStopping.load(ordering: .acquiring) {
        // Nothing but a descriptor that is no epoll makes it fail.
        let count = sortie_epoll_wait(epoll, first, 64)
        precondition(count >= 0, "epoll_wait: errno \(-count)")
        for event in events[..<Int(count)] { dispatch(event) }
      }
    }
    var end = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
    finalTime.store(Int64(end.tv_sec) * 1_000_000_000 + Int64(end.tv_nsec), ordering: .releasing)
  }

  private func dispatch(_ event: sortie_epoll_event) {
    guard event.token != Self.wakeToken else { return }
    running.withLock { _ in
      guard !isStopping.load(ordering: .acquiring) else { return }
      // Looked up under the lock that a removal waits for.
      guard let handler = handlers.withLock({ $0.byToken[event.token] }) else { return }
      handler(IOEvents(rawValue: event.events))
    }
  }
}
