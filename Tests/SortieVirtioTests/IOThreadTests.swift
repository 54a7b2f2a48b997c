import CLinuxIO
import Glibc
import SortieDevices
import Synchronization
import Testing

@Suite struct IOThreadTests {
  /// An eventfd of the test.
  private final class Event: Sendable {
    let descriptor = sortie_io_eventfd()
    deinit { close(descriptor) }
    func signal() {
      var one: UInt64 = 1
      _ = write(descriptor, &one, 8)
    }
  }

  @Test func aHandlerRunsOnTheNamedThreadForEachSignal() throws {
    let thread = try IOThread(name: "io-of-a-very-long-name")
    let event = Event()
    let calls = Signals()
    let name = Mutex("")
    let registration = try thread.add(event.descriptor, events: [.readable, .edgeTriggered]) { events in
      #expect(events == .readable)
      name.withLock { $0 = nameOfThisThread() }
      calls.signal()
    }
    for count in 1...3 {
      event.signal()
      #expect(calls.wait(for: count))
    }
    #expect(name.withLock(\.self) == "io-of-a-very-lo\n")
    #expect(thread.name == "io-of-a-very-lo")
    thread.remove(registration)
  }

  @Test func noHandlerRunsAfterItsRemovalReturned() throws {
    let thread = try IOThread(name: "io")
    for _ in 0..<200 {
      let event = Event()
      let removed = Atomic<Bool>(false)
      let entered = Signals()
      let late = Atomic<Int>(0)
      let registration = try thread.add(event.descriptor, events: .readable) { _ in
        if removed.load(ordering: .sequentiallyConsistent) { late.add(1, ordering: .relaxed) }
        entered.signal()
        usleep(100)
        if removed.load(ordering: .sequentiallyConsistent) { late.add(1, ordering: .relaxed) }
      }
      event.signal()
      #expect(entered.wait(for: 1))
      thread.remove(registration)
      removed.store(true, ordering: .sequentiallyConsistent)
      thread.remove(registration)
      usleep(50)
      #expect(late.load(ordering: .sequentiallyConsistent) == 0)
    }
  }

  @Test func aHandlerMayRemoveItselfAndOthers() throws {
    let thread = try IOThread(name: "io")
    let first = Event()
    let second = Event()
    let both = Mutex<[IORegistration]>([])
    let calls = Signals()
    let handler: @Sendable (IOEvents) -> Void = { _ in
      for registration in both.withLock({ $0 }) { thread.remove(registration) }
      calls.signal()
    }
    // Both are ready in one wait: the first to run takes the other out.
    let gate = Event()
    let registrations = [
      try thread.add(first.descriptor, events: .readable, handler: handler),
      try thread.add(second.descriptor, events: .readable, handler: handler),
    ]
    both.withLock { $0 = registrations }
    _ = try thread.add(gate.descriptor, events: [.readable, .edgeTriggered]) { _ in
      first.signal()
      second.signal()
      calls.signal()
    }
    gate.signal()
    #expect(calls.wait(for: 2))
    gate.signal()
    #expect(calls.wait(for: 3))
    usleep(1000)
    #expect(calls.count == 3)
  }

  @Test func otherEventsCanBeAskedForAndNoneAfterRemoval() throws {
    let thread = try IOThread(name: "io")
    let event = Event()
    let calls = Signals()
    let registration = try thread.add(event.descriptor, events: []) { events in
      #expect(events == .readable)
      calls.signal()
    }
    event.signal()
    usleep(1000)
    #expect(calls.count == 0)
    try thread.modify(registration, events: [.readable, .edgeTriggered])
    #expect(calls.wait(for: 1))
    thread.remove(registration)
    #expect(throws: HostError("wait for descriptor \(event.descriptor)", errno: ENOENT)) {
      try thread.modify(registration, events: .readable)
    }
  }

  @Test func whatCannotBeWaitedForIsAnError() throws {
    let thread = try IOThread(name: "io")
    let file = open("/proc/self/exe", O_RDONLY)
    defer { close(file) }
    #expect(throws: HostError("wait for descriptor \(file)", errno: EPERM)) {
      _ = try thread.add(file, events: .readable) { _ in }
    }
  }

  @Test func cpuTimeGrowsWithWorkAndIsKeptAfterTheEnd() throws {
    let thread = try IOThread(name: "io")
    let event = Event()
    let calls = Signals()
    _ = try thread.add(event.descriptor, events: [.readable, .edgeTriggered]) { _ in
      var now = timespec()
      repeat { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) } while now.tv_sec == 0 && now.tv_nsec < 5_000_000
      calls.signal()
    }
    event.signal()
    #expect(calls.wait(for: 1))
    #expect(thread.cpuTime >= .milliseconds(5))
    thread.stop()
    let final = thread.cpuTime
    #expect(final >= .milliseconds(5) && final < .seconds(5))
    usleep(1000)
    #expect(thread.cpuTime == final)
    thread.stop()
  }

  @Test func theLastReferenceMayGoOnTheThreadItself() throws {
    let event = Event()
    let calls = Signals()
    let holder = Mutex<IOThread?>(try IOThread(name: "io"))
    _ = try holder.withLock { thread in
      try thread?.add(event.descriptor, events: [.readable, .edgeTriggered]) { _ in
        // Waits for nothing, least of all for itself.
        holder.withLock { $0 = nil }
        calls.signal()
      }
    }
    event.signal()
    #expect(calls.wait(for: 1))
  }
}

/// What the kernel calls the calling thread, with the newline behind it.
private func nameOfThisThread() -> String {
  let file = open("/proc/thread-self/comm", O_RDONLY)
  defer { close(file) }
  var bytes = [UInt8](repeating: 0, count: 32)
  let count = read(file, &bytes, bytes.count)
  return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
}
