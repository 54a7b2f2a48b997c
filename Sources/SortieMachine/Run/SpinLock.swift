import Synchronization

/// A lock for what takes less time than putting a thread to sleep.
final class SpinLock: Sendable {
  private let isHeld = Atomic<Bool>(false)

  func acquire() {
    while isHeld.exchange(true, ordering: .acquiring) {}
  }

  func release() { isHeld.store(false, ordering: .releasing) }
}
