internal import Glibc
public import SortieDevices
import Synchronization

/// Serves the requests of one queue on an I/O thread, in their order: each kick takes the chains that are available one
/// after the other, and the driver is interrupted once for all of them, where it wants to know.
///
/// For devices whose requests are done when the handler returns.
public final class QueueServer: @unchecked Sendable {
  /// Does what `chain` asks for, and returns how many bytes were written to its front.
  public typealias Handler = @Sendable (_ chain: inout DescriptorChain) throws(VirtioFault) -> UInt32

  private let kick: Int32
  private let thread: IOThread
  private let interrupts: any VirtioInterrupts
  private let handler: Handler
  private let registration = Mutex<IORegistration?>(nil)
  // Of the I/O thread alone.
  private let queue: Virtqueue
  private var chain: DescriptorChain
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
      queue, kick: setup.kick, capacity: maximumSize, thread: thread, interrupts: interrupts, handler: handler
    )
    do {
      // The thread keeps the server until ``stop()``.
      let added = try thread.add(setup.kick, events: [.readable, .edgeTriggered]) { _ in server.serve() }
      server.registration.withLock { $0 = added }
    } catch {
      throw .backend("\(error)")
    }
    server.wakeUp()
    return server
  }

  private init(
    _ queue: Virtqueue, kick: Int32, capacity: UInt16, thread: IOThread, interrupts: any VirtioInterrupts,
    handler: @escaping Handler
  ) {
    self.queue = queue
    self.kick = kick
    self.thread = thread
    self.interrupts = interrupts
    self.handler = handler
    chain = DescriptorChain(capacity: capacity)
  }

  /// Serves no more: when this returns nothing touches the queue. The caller holds no lock that the handler or an
  /// interrupt takes.
  public func stop() {
    guard let added = registration.withLock({ $0.take() }) else { return }
    thread.remove(added)
  }

  private func wakeUp() {
    var one: UInt64 = 1
    _ = write(kick, &one, 8)
  }

  private func serve() {
    guard !isBroken else { return }
    do throws(VirtioFault) {
      var left = queue.size
      repeat {
        queue.disableKicks()
        while left > 0, try queue.pop(into: &chain) {
          queue.push(chain.id, written: try handler(&chain))
          left -= 1
        }
        announce()
        // A driver that is never done must not keep the thread from others, and from whoever stops the device.
        guard left > 0 else { return wakeUp() }
      } while try queue.enableKicks()
    } catch {
      isBroken = true
      announce()
      interrupts.needsReset(error)
    }
  }

  private func announce() {
    if queue.needsInterrupt() { interrupts.usedBuffers(queue: queue.index) }
  }
}
