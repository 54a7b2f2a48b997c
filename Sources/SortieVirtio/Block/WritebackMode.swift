import Synchronization

/// Whether writes are answered before they are durable, until the driver flushes (Virtual I/O Device Version 1.2, section
/// 5.2.5.2). Any thread uses it.
final class WritebackMode: Sendable {
  private let chosen = Atomic<Bool>(true)
  private let canFlush = Atomic<Bool>(true)

  var isOn: Bool { chosen.load(ordering: .acquiring) && canFlush.load(ordering: .acquiring) }

  /// The driver's choice, by the configuration.
  func set(_ isOn: Bool) { chosen.store(isOn, ordering: .releasing) }

  /// A driver that did not negotiate flushes expects each write to be durable when it is answered.
  func start(canFlush: Bool) { self.canFlush.store(canFlush, ordering: .releasing) }

  /// The next driver finds writeback whatever the one before did: a boot loader that never flushes must not take the
  /// cache from the kernel that it loads.
  func reset() {
    set(true)
    start(canFlush: true)
  }
}
