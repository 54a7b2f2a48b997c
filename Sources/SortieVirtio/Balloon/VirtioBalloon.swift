public import SortieDevices
import Synchronization

/// A memory balloon (Virtual I/O Device Version 1.2, section 5.5): the host asks for pages, the guest gives up those it
/// can spare.
public final class VirtioBalloon: VirtioDevice {
  /// Queues (section 5.5.2).
  private enum Queue {
    static let inflate = 0
    static let deflate = 1
  }

  /// What reports call the device.
  public let name: String
  /// A balloon.
  public let type = VirtioDeviceType.balloon
  /// VIRTIO_BALLOON_F_DEFLATE_ON_OOM: a guest that runs out of memory may take pages back unasked.
  public let features = VirtioFeatures(bit: 2)
  /// Pages to give up and pages to take back.
  public let queueSizes: [UInt16] = [128, 128]

  private let memory: BalloonMemory
  private let thread: IOThread
  private let servers = Mutex<[QueueServer]>([])
  private let interrupts = Mutex<(any VirtioInterrupts)?>(nil)
  // The configuration: num_pages and actual (section 5.5.4).
  private let target = Atomic<UInt32>(0)
  private let actual = Atomic<UInt32>(0)

  /// A balloon for a guest with this `memory`, which is mapped page by page.
  public init(name: String, memory: GuestRAM, thread: IOThread) {
    self.name = name
    self.memory = BalloonMemory(memory: memory)
    self.thread = thread
  }

  // MARK: The host's side

  /// Asks the guest to have `pages` pages of 4096 bytes in the balloon; more than it has memory means all of it. Nothing
  /// says when the guest follows, or whether.
  public func setTarget(pages: UInt32) {
    let most = UInt32(clamping: memory.pageCount)
    target.store(min(pages, most), ordering: .releasing)
    // Under the lock, so that none comes after ``stop()`` has returned.
    interrupts.withLock { $0?.configurationChanged() }
  }

  /// Pages of 4096 bytes that the guest says are in the balloon.
  public var actualPages: UInt32 { actual.load(ordering: .acquiring) }

  // MARK: The transport's side

  /// Section 5.5.4, without the fields of features that are not offered; past its end all ones.
  public func readConfiguration(offset: Int, into bytes: UnsafeMutableRawBufferPointer) {
    let fields = UInt64(target.load(ordering: .acquiring)) | UInt64(actual.load(ordering: .acquiring)) << 32
    SortieVirtio.readConfiguration(offset: offset, into: bytes) { position in
      (0..<8).contains(position) ? UInt8(truncatingIfNeeded: fields >> (8 * position)) : nil
    }
  }

  /// Takes `actual`, as the 32 bits that it is.
  public func writeConfiguration(offset: Int, from bytes: UnsafeRawBufferPointer) {
    guard offset == 4, bytes.count == 4 else { return }
    actual.store(bytes.loadUnaligned(as: UInt32.self), ordering: .releasing)
  }

  /// Serves the queues from now on.
  ///
  /// - Throws: ``VirtioFault`` when one cannot be used.
  public func start(
    _ queues: [VirtioQueueSetup], features: VirtioFeatures, interrupts: any VirtioInterrupts
  ) throws(VirtioFault) {
    self.interrupts.withLock { $0 = interrupts }
    do throws(VirtioFault) {
      for setup in queues where queueSizes.indices.contains(setup.index) {
        let isInflation = setup.index == Queue.inflate
        let memory = memory
        let server = try QueueServer.start(
          setup, maximumSize: queueSizes[setup.index], features: features, memory: memory.memory,
          thread: thread, interrupts: interrupts,
          handler: { (chain) throws(VirtioFault) in
            // Pages that the guest takes back come as it touches them.
            if isInflation { try memory.release(&chain, queue: Queue.inflate) }
            return 0
          })
        servers.withLock { $0.append(server) }
      }
    } catch {
      stop()
      throw error
    }
  }

  /// Returns when nothing is given up any more. The guest's memory is its own again: a driver that starts anew counts
  /// from an empty balloon.
  public func stop() {
    for server in servers.withLock({ servers in
      defer { servers = [] }
      return servers
    }) { server.stop() }
    interrupts.withLock { $0 = nil }
    actual.store(0, ordering: .releasing)
  }
}
