import CLinuxIO
import Glibc
public import SortieDevices
import Synchronization

extension IOThread {
  /// Waits until the thread has done what it was told of so far.
  public func settle() throws {
    let event = sortie_io_eventfd()
    defer { close(event) }
    let rounds = Rounds()
    let registration = try add(event, events: [.readable, .edgeTriggered]) { _ in
      rounds.count.add(1, ordering: .acquiringAndReleasing)
    }
    // What was told of before the first round may be fetched after it, and may itself tell of more.
    for round in 1...3 {
      var one: UInt64 = 1
      _ = write(event, &one, 8)
      while rounds.count.load(ordering: .acquiring) < round { usleep(50) }
    }
    remove(registration)
  }

  private final class Rounds: Sendable {
    let count = Atomic<Int>(0)
  }
}
