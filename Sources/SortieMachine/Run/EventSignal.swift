internal import SortieKVM

/// A shared eventfd that vCPU threads signal when they end.
final class EventSignal: Sendable {
  private let event: EventFD

  init() throws(MachineError) {
    do { event = try EventFD() } catch { throw .kvm(error) }
  }

  /// For poll(2).
  var descriptor: Int32 { event.fileDescriptor }

  func signal() { event.signal() }

  /// Makes it unreadable again.
  func clear() { _ = event.take() }
}
