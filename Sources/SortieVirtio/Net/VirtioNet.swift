public import SortieDevices
import Synchronization

/// A network card (Virtual I/O Device Version 1.2, section 5.1) with one pair of queues and no offloads, whose frames an
/// I/O thread passes to and from a ``NetBackend``.
///
/// Frames longer than the backend's MTU allows, in either direction, are dropped and counted.
public final class VirtioNet: VirtioDevice {
  /// See ``VirtioDevice/name``.
  public let name: String
  /// See ``VirtioDevice/type``.
  public var type: VirtioDeviceType { .network }
  /// See ``VirtioDevice/features``.
  public var features: VirtioFeatures { NetConfiguration.features }
  /// See ``VirtioDevice/queueSizes``.
  public let queueSizes: [UInt16] = [NetQueue.maximumSize, NetQueue.maximumSize]

  private struct Running {
    var servers: [QueueServer]
    var poll: IORegistration
  }

  private let configuration: NetConfiguration
  private let backend: any NetBackend
  private let memory: GuestRAM
  private let thread: IOThread
  private let counters = NetCounters()
  private let running = Mutex<Running?>(nil)

  /// A card with the address `mac` at the end of `backend`'s cable.
  public init(name: String, mac: MACAddress, backend: any NetBackend, memory: GuestRAM, thread: IOThread) {
    self.name = name
    self.backend = backend
    self.memory = memory
    self.thread = thread
    configuration = NetConfiguration(mac: mac, mtu: backend.mtu)
  }

  /// Frames so far.
  public var traffic: NetTraffic { counters.traffic }

  /// See ``VirtioDevice/readConfiguration(offset:into:)``.
  public func readConfiguration(offset: Int, into bytes: UnsafeMutableRawBufferPointer) {
    SortieVirtio.readConfiguration(offset: offset, into: bytes) {
      configuration.byte(at: $0, isLinkUp: backend.isLinkUp)
    }
  }

  /// Nothing is writable.
  public func writeConfiguration(offset: Int, from bytes: UnsafeRawBufferPointer) {}

  /// See ``VirtioDevice/start(_:features:interrupts:)``.
  public func start(
    _ queues: [VirtioQueueSetup], features: VirtioFeatures, interrupts: any VirtioInterrupts
  ) throws(VirtioFault) {
    let link = LinkWatch(backend: backend, interrupts: interrupts)
    var servers: [QueueServer] = []
    for setup in queues {
      let queue = try Virtqueue(
        setup, maximumSize: NetQueue.maximumSize, features: features, memory: memory)
      servers.append(
        QueueServer(
          queue, kick: setup.kick, capacity: NetQueue.maximumSize, thread: thread, interrupts: interrupts,
          step: step(for: queue, features: features, link: link)))
    }
    let resumed = servers
    let backend = backend
    let poll: IORegistration
    do {
      poll = try thread.add(backend.pollDescriptor, events: [.readable, .edgeTriggered]) { _ in
        for server in resumed { server.resume() }
        // A queue that waits has just asked the backend.
        if !resumed.contains(where: \.isWaiting) { backend.updateLink() }
        link.look()
      }
    } catch {
      throw .backend("\(error)")
    }
    running.withLock { $0 = Running(servers: servers, poll: poll) }
    do throws(VirtioFault) {
      for server in servers { try server.begin() }
    } catch {
      stop()
      throw error
    }
  }

  private func step(
    for queue: Virtqueue, features: VirtioFeatures, link: LinkWatch
  ) -> QueueServer.Step {
    if queue.index == NetQueue.receive {
      let receiver = NetReceiver(
        queue, backend: backend, mtu: configuration.mtu,
        mergesBuffers: features.contains(.netMergeableBuffers), counters: counters)
      return { chain throws(VirtioFault) in
        defer { link.look() }
        return try receiver.fill(&chain)
      }
    }
    let transmitter = NetTransmitter(backend: backend, mtu: configuration.mtu, counters: counters)
    return { chain in
      defer { link.look() }
      return transmitter.send(&chain)
    }
  }

  /// See ``VirtioDevice/stop()``.
  public func stop() {
    guard let running = running.withLock({ $0.take() }) else { return }
    thread.remove(running.poll)
    for server in running.servers { server.stop() }
  }
}

/// Tells the driver when the link has changed. Of the I/O thread alone.
private final class LinkWatch: @unchecked Sendable {
  private let backend: any NetBackend
  private let interrupts: any VirtioInterrupts
  private var wasUp: Bool

  init(backend: any NetBackend, interrupts: any VirtioInterrupts) {
    self.backend = backend
    self.interrupts = interrupts
    wasUp = backend.isLinkUp
  }

  func look() {
    let isUp = backend.isLinkUp
    guard isUp != wasUp else { return }
    wasUp = isUp
    interrupts.configurationChanged()
  }
}
