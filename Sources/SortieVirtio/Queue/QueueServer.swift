internal import Glibc
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

  /// A server of `queue`, which the driver kicks with the eventfd `kick`, with chains of up to `capacity` buffers.
  public init(
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

  /// Serves from now on, first what is available already.
  ///
  /// - Throws: ``VirtioFault/backend(_:)`` when the thread cannot wait for the kicks.
  public func start() throws(VirtioFault) {
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
