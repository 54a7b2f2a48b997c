internal import Glibc
import Synchronization

/// Where vCPU threads wait before they first enter the guest, so that whoever records them knows all of them and misses
/// nothing.
final class StartGate: Sendable {
  private let arrivals = Atomic<Int>(0)
  private let arrived: EventSignal
  private let opened: EventSignal

  init() throws(MachineError) {
    arrived = try EventSignal()
    opened = try EventSignal()
  }

  /// Waits on a vCPU's thread until the gate is open.
  func pass() {
    arrivals.add(1, ordering: .acquiringAndReleasing)
    arrived.signal()
    Self.wait(opened)
  }

  /// Waits until `count` threads have arrived.
  func waitForArrivals(_ count: Int) {
    while arrivals.load(ordering: .acquiring) < count {
      Self.wait(arrived)
      arrived.clear()
    }
  }

  /// Lets everyone pass, for good.
  func open() { opened.signal() }

  private static func wait(_ signal: EventSignal) {
    var descriptor = pollfd(fd: signal.descriptor, events: Int16(POLLIN), revents: 0)
    // A kick interrupts it; KVM_RUN will see that one.
    while poll(&descriptor, 1, -1) < 0, errno == EINTR {}
  }
}
