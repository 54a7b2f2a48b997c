internal import CLinuxIO
internal import Glibc
public import SortieDevices
import Synchronization

/// A network card whose queues the host's kernel serves (vhost-net, linux/vhost.h): kicks, frames and interrupts pass
/// between the guest, the kernel and a tap interface, and this process sees none of them.
public final class VhostNet: VirtioDevice {
  /// See ``VirtioDevice/name``.
  public let name: String
  /// See ``VirtioDevice/type``.
  public var type: VirtioDeviceType { .network }
  /// See ``VirtioDevice/features``.
  public let features: VirtioFeatures
  /// See ``VirtioDevice/queueSizes``.
  public let queueSizes: [UInt16] = [NetQueue.maximumSize, NetQueue.maximumSize]

  private struct Running {
    var queues: [Int]
    /// What `thread` waits for.
    var watches: [IORegistration] = []
  }

  private let configuration: NetConfiguration
  private let backend: any NetBackend
  private let tapDescriptor: Int32
  private let calls: any VhostCalls
  private let kernelFeatures: VirtioFeatures
  private let memory: GuestRAM
  private let thread: IOThread
  // An eventfd that the kernel signals when it cannot go on with a queue.
  private let errors: Int32
  // What the kernel signals when it has used buffers of a queue that has no message vector.
  private let pinCalls: QueueSignals
  private let running = Mutex<Running?>(nil)

  /// A card with the address `mac` on the interface `tap`, whose failures `thread` waits for.
  ///
  /// - Throws: ``HostError`` where the host has no vhost-net, or not this user; ``VirtioNet`` does without.
  public convenience init(
    name: String, mac: MACAddress, tap: TapBackend, memory: GuestRAM, thread: IOThread
  ) throws(HostError) {
    try self.init(
      name: name, mac: mac, backend: tap, tapDescriptor: tap.tapDescriptor, memory: memory, thread: thread,
      calls: VhostNetDescriptor())
  }

  init(
    name: String, mac: MACAddress, backend: any NetBackend, tapDescriptor: Int32, memory: GuestRAM,
    thread: IOThread, calls: any VhostCalls
  ) throws(HostError) {
    self.name = name
    self.backend = backend
    self.tapDescriptor = tapDescriptor
    self.memory = memory
    self.thread = thread
    self.calls = calls
    configuration = NetConfiguration(mac: mac, mtu: backend.mtu)
    try calls.perform(.setOwner)
    kernelFeatures = VirtioFeatures(rawValue: try calls.perform(.getFeatures))
    guard kernelFeatures.isSuperset(of: Self.needed) else {
      throw HostError(
        "VHOST_GET_FEATURES: 0x\(String(kernelFeatures.rawValue, radix: 16))", errno: EOPNOTSUPP,
        hint: "vhost-net of this kernel lacks indirect descriptors, event index or version 1")
    }
    features = NetConfiguration.features.subtracting(
      kernelFeatures.contains(.netMergeableBuffers) ? [] : .netMergeableBuffers)
    pinCalls = try QueueSignals(count: queueSizes.count)
    errors = sortie_io_eventfd()
    guard errors >= 0 else {
      throw HostError("eventfd", errno: -errors, hint: "raise the limit of open files (ulimit -n)")
    }
  }

  deinit {
    if errors >= 0 { close(errors) }
  }

  /// What the transport offers in the name of the device.
  private static let needed: VirtioFeatures = [.indirectDescriptors, .eventIndex, .version1]

  /// See ``VirtioDevice/readConfiguration(offset:into:)``.
  public func readConfiguration(offset: Int, into bytes: UnsafeMutableRawBufferPointer) {
    SortieVirtio.readConfiguration(offset: offset, into: bytes) {
      configuration.byte(at: $0, isLinkUp: backend.isLinkUp)
    }
  }

  /// Nothing is writable.
  public func writeConfiguration(offset: Int, from bytes: UnsafeRawBufferPointer) {}

  /// See ``VirtioDevice/start(_:features:interrupts:)``. The rings and the memory table are checked here; what the guest
  /// writes into the rings, the kernel checks against the table.
  public func start(
    _ queues: [VirtioQueueSetup], features: VirtioFeatures, interrupts: any VirtioInterrupts
  ) throws(VirtioFault) {
    // Checked before the kernel hears of any.
    var requests: [VhostRequest] = [
      // The rest of the features is between driver and device, and the kernel refuses to hear of it.
      .setFeatures(features.intersection(kernelFeatures).rawValue),
      .setMemoryTable(regions),
    ]
    for setup in queues {
      requests += try self.requests(for: setup, interrupts: interrupts)
    }
    requests += queues.map { .setBackend(queue: $0.index, descriptor: tapDescriptor) }
    running.withLock { $0 = Running(queues: queues.map(\.index)) }
    do {
      for request in requests { try calls.perform(request) }
      try watch(errors) {
        interrupts.needsReset(.backend("vhost-net cannot go on with a queue of the guest"))
      }
      // Of a queue with a vector the kernel signals that one, and this never comes.
      for setup in queues {
        try watch(pinCalls.descriptors[setup.index]) { interrupts.usedBuffers(queue: setup.index) }
      }
    } catch {
      stop()
      throw .backend("\(error)")
    }
  }

  /// Calls `handler` on the thread at each signal of an eventfd. What was signalled to a driver before this one is dropped.
  private func watch(_ event: Int32, handler: @escaping @Sendable () -> Void) throws(HostError) {
    var stale: UInt64 = 0
    _ = read(event, &stale, 8)
    let watch = try thread.add(event, events: [.readable, .edgeTriggered]) { _ in handler() }
    running.withLock { $0?.watches.append(watch) }
  }

  /// The table covers all of the guest's RAM (VHOST_SET_MEM_TABLE).
  private var regions: [VhostRequest.Region] {
    let host = UInt64(UInt(bitPattern: memory.base))
    return [
      VhostRequest.Region(guestAddress: 0, byteCount: memory.lowBytes, hostAddress: host),
      VhostRequest.Region(
        guestAddress: GuestRAM.highStart, byteCount: memory.highBytes, hostAddress: host + memory.lowBytes),
    ].filter { $0.byteCount > 0 }
  }

  private func requests(
    for setup: VirtioQueueSetup, interrupts: any VirtioInterrupts
  ) throws(VirtioFault) -> [VhostRequest] {
    let rings = try SplitRings(setup, maximumSize: NetQueue.maximumSize, memory: memory)
    let queue = setup.index
    // Where the driver uses the pin, the kernel's signal goes through this process, which knows the ISR status.
    let call = interrupts.callDescriptor(queue: queue) ?? pinCalls.descriptors[queue]
    return [
      .setRingSize(queue: queue, size: setup.size),
      .setRingBase(queue: queue, base: 0),
      .setRingAddresses(
        queue: queue, descriptors: UInt64(UInt(bitPattern: rings.descriptors)),
        used: UInt64(UInt(bitPattern: rings.used)), available: UInt64(UInt(bitPattern: rings.available))),
      .setRingCall(queue: queue, descriptor: call),
      .setRingError(queue: queue, descriptor: errors),
      .setRingKick(queue: queue, descriptor: setup.kick),
    ]
  }

  /// See ``VirtioDevice/stop()``. Taking the backend off a queue waits for the frame that the kernel has in hand.
  public func stop() {
    guard let running = running.withLock({ $0.take() }) else { return }
    for queue in running.queues {
      // A queue that was not set up so far answers with an error, which changes nothing.
      for request in Self.ending(queue) { _ = try? calls.perform(request) }
    }
    for watch in running.watches { thread.remove(watch) }
  }

  /// The kernel lets go of the queue and of the descriptors, which are the transport's.
  private static func ending(_ queue: Int) -> [VhostRequest] {
    [
      .setBackend(queue: queue, descriptor: VhostRequest.noDescriptor),
      .getRingBase(queue: queue),
      .setRingKick(queue: queue, descriptor: VhostRequest.noDescriptor),
      .setRingCall(queue: queue, descriptor: VhostRequest.noDescriptor),
      .setRingError(queue: queue, descriptor: VhostRequest.noDescriptor),
    ]
  }
}
