import Synchronization

/// The card's work on the I/O thread.
final class E1000Worker: @unchecked Sendable {
  /// Descriptors and frames that are served before the thread's other devices have their turn.
  private static let batch = 256

  private let core: E1000Core
  private let backend: any NetBackend
  private let isStopping = Atomic<Bool>(false)
  // Of the I/O thread alone.
  private let transmitter: Transmitter
  private let receiver: Receiver
  private var cableWasUp: Bool

  init(core: E1000Core, backend: any NetBackend, memory: GuestRAM) {
    self.core = core
    self.backend = backend
    transmitter = Transmitter(core: core, backend: backend, memory: memory)
    receiver = Receiver(core: core, backend: backend, memory: memory)
    cableWasUp = backend.isLinkUp
    let isUp = cableWasUp
    core.change { $0.setCable(isUp: isUp) }
  }

  /// A batch that is under way ends with its descriptor or frame.
  func stop() { isStopping.store(true, ordering: .releasing) }

  /// Serves both rings until there is nothing to do; on the I/O thread only.
  func serve() {
    for _ in 0..<Self.batch {
      guard !isStopping.load(ordering: .acquiring) else { return }
      let hasSent = core.working { transmitter.step() }
      let hasReceived = core.working { receiver.step() }
      lookAtCable()
      guard hasSent || hasReceived else { return }
    }
    core.kick.send()
  }

  /// The backend has a frame, room, or another link; on the I/O thread only.
  func backendIsReady() {
    receiver.backendIsReady()
    serve()
    // Who has just asked the backend for a frame has noticed what became of the link.
    if !receiver.backendIsEmpty { backend.updateLink() }
    lookAtCable()
  }

  private func lookAtCable() {
    let isUp = backend.isLinkUp
    guard isUp != cableWasUp else { return }
    cableWasUp = isUp
    core.change { $0.setCable(isUp: isUp) }
  }
}
