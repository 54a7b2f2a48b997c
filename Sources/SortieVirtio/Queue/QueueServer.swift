internal import Glibc
public import SortieDevices
import Synchronization

/// Serves the requests of one queue on an I/O thread, in their order: each kick takes the chains that are available one
/// after the other, and the driver is interrupted once for all of them, where it wants to know.
///
/// For devices whose requests are done when the handler returns, or that put one off until their backend is ready.
public final class QueueServer: @unchecked Sendable {
  /// Does what `chain` asks for, and returns how many bytes were written to its front.
  public typealias Handler = @Sendable (_ chain: inout DescriptorChain) throws(VirtioFault) -> UInt32

  /// What became of a chain that was looked at.
  enum Outcome {
    /// It is done, with so many bytes written to its front.
    case done(written: UInt32)
    /// It will be given back later, by whoever looked at it.
    case taken
    /// It is offered again at once.
    case again
    /// It waits for the backend: it is offered again at ``QueueServer/resume()`` or ``QueueServer/wakeUp()``.
    case waiting
  }

  typealias Step = @Sendable (_ chain: inout DescriptorChain) throws(VirtioFault) -> Outcome

  private let kick: Int32
  private let thread: IOThread
  private let interrupts: any VirtioInterrupts
  private let step: Step
  private let registration = Mutex<IORegistration?>(nil)
  private let isStopping = Atomic<Bool>(false)
  // Of the I/O thread alone.
  private let queue: Virtqueue
  private var chain: DescriptorChain
  private var hasChain = false
  private var isBroken = false

  /// A server of the queue that the driver has set up, which serves from now on, first what is available already.
  ///
  /// - Parameters:
  ///   - maximumSize: the device's limit of the queue, and most buffers of a chain.
  ///   - features: what the driver has accepted.
  /// - Throws: ``VirtioFault`` when the queue cannot be used; ``VirtioFault/backend(_:)`` when the thread cannot wait for
  ///   its kicks.
  public static func start(
    _ setup: VirtioQueueSetup, maximumSize: UInt16, features: VirtioFeatures, memory: GuestRAM,
    thread: IOThread, interrupts: any VirtioInterrupts, handler: @escaping Handler
  ) throws(VirtioFault) -> QueueServer {
    let queue = try Virtqueue(setup, maximumSize: maximumSize, features: features, memory: memory)
    let server = QueueServer(
      queue, kick: setup.kick, capacity: maximumSize, thread: thread, interrupts: interrupts
    ) { chain throws(VirtioFault) in .done(written: try handler(&chain)) }
    try server.begin()
    return server
  }

  /// A server of `queue`, which the driver kicks with the eventfd `kick`, with chains of up to `capacity` buffers, which
  /// may have to wait. It serves from ``begin()`` on.
  init(
    _ queue: Virtqueue, kick: Int32, capacity: UInt16, thread: IOThread, interrupts: any VirtioInterrupts,
    step: @escaping Step
  ) {
    self.queue = queue
    self.kick = kick
    self.thread = thread
    self.interrupts = interrupts
    self.step = step
    chain = DescriptorChain(capacity: capacity)
  }

  /// Serves from now on, first what is available already.
  ///
  /// - Throws: ``VirtioFault/backend(_:)`` when the thread cannot wait for the kicks.
  func begin() throws(VirtioFault) {
    do {
      // The thread keeps the server until ``stop()``.
      let added = try thread.add(kick, events: [.readable, .edgeTriggered]) { _ in self.serve() }
      registration.withLock { $0 = added }
    } catch {
      throw .backend("\(error)")
    }
    wakeUp()
  }

  /// Serves no more: when this returns nothing touches the queue. The caller holds no lock that the handler or an
  /// interrupt takes.
  public func stop() {
    // A batch of large requests is not waited for, but the one that is under way.
    isStopping.store(true, ordering: .releasing)
    guard let added = registration.withLock({ $0.take() }) else { return }
    thread.remove(added)
  }

  /// Whether a chain waits; on the I/O thread only.
  var isWaiting: Bool { hasChain }

  /// Offers a chain that waits once more; on the I/O thread only.
  func resume() {
    if hasChain { serve() }
  }

  /// The same from any thread, and looks for new chains.
  func wakeUp() {
    var one: UInt64 = 1
    _ = write(kick, &one, 8)
  }

  /// Serves what is available; on the I/O thread only.
  func serve() {
    guard !isBroken else { return }
    do throws(VirtioFault) {
      var left = queue.size
      repeat {
        queue.disableKicks()
        while left > 0, !isStopping.load(ordering: .acquiring), try takeChain() {
          left -= 1
          switch try step(&chain) {
          case .done(let written):
            queue.push(chain.id, written: written)
            hasChain = false
          case .taken: hasChain = false
          case .again: break
          case .waiting: return announce()
          }
        }
        announce()
        // A driver that is never done must not keep the thread from others, and from whoever stops the device.
        guard left > 0 else { return wakeUp() }
        guard !isStopping.load(ordering: .acquiring) else { return }
      } while try queue.enableKicks()
    } catch {
      isBroken = true
      announce()
      interrupts.needsReset(error)
    }
  }

  /// The chain that waits, or the next.
  private func takeChain() throws(VirtioFault) -> Bool {
    if !hasChain { hasChain = try queue.pop(into: &chain) }
    return hasChain
  }

  private func announce() {
    if queue.needsInterrupt() { interrupts.usedBuffers(queue: queue.index) }
  }
}
