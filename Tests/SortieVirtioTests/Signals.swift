import Glibc
import Synchronization

/// Counts what happens on another thread, for a test that waits for it.
final class Signals: Sendable {
  private let total = Atomic<Int>(0)

  var count: Int { total.load(ordering: .acquiring) }

  func signal() { total.add(1, ordering: .acquiringAndReleasing) }

  /// Waits up to ten seconds until it was signalled `target` times in all.
  func wait(for target: Int) -> Bool {
    for _ in 0..<100_000 {
      if count >= target { return true }
      usleep(100)
    }
    return false
  }
}
