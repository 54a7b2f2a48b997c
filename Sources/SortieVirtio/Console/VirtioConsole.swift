import Glibc
public import SortieDevices
import Synchronization

/// A console with one port (Virtual I/O Device Version 1.2, section 5.3), whose bytes an I/O thread passes to and from a
/// ``SerialBackend``: the same that a UART may have.
public final class VirtioConsole: VirtioDevice, SerialPort {
  /// Bytes from the host that wait for buffers of the guest.
  public static let inputQueueCapacity = 4096
  /// Most bytes of one buffer that are sent before others have their turn.
  private static let burst = 1 << 16
  private static let maximumQueueSize: UInt16 = 128
  private static let receiveQueue = 0
  private static let transmitQueue = 1

  /// See ``VirtioDevice/name``.
  public let name: String
  /// See ``VirtioDevice/type``.
  public var type: VirtioDeviceType { .console }
  /// See ``VirtioDevice/features``.
  public var features: VirtioFeatures { [.consoleSize, .consoleEmergencyWrite] }
  /// See ``VirtioDevice/queueSizes``.
  public let queueSizes: [UInt16] = [maximumQueueSize, maximumQueueSize]

  private struct Running {
    var servers: [Int: QueueServer] = [:]
    var interrupts: any VirtioInterrupts
  }

  private let backend: any SerialBackend
  private let memory: GuestRAM
  private let thread: IOThread
  private let configuration: Mutex<ConsoleConfiguration>
  private let input = ConsoleInput(capacity: inputQueueCapacity)
  private let running = Mutex<Running?>(nil)

  /// A console of `columns` and `rows` characters.
  public init(
    name: String, backend: any SerialBackend, columns: UInt16 = 80, rows: UInt16 = 25, memory: GuestRAM,
    thread: IOThread
  ) {
    self.name = name
    self.backend = backend
    self.memory = memory
    self.thread = thread
    configuration = Mutex(ConsoleConfiguration(columns: columns, rows: rows))
  }

  // MARK: Configuration

  /// See ``VirtioDevice/readConfiguration(offset:into:)``.
  public func readConfiguration(offset: Int, into bytes: UnsafeMutableRawBufferPointer) {
    configuration.withLock { configuration in
      SortieVirtio.readConfiguration(offset: offset, into: bytes) { configuration.byte(at: $0) }
    }
  }

  /// An emergency write (section 5.3.6.3): a character on a vCPU thread, before or beside the queues. It is lost where the
  /// backend has no room.
  public func writeConfiguration(offset: Int, from bytes: UnsafeRawBufferPointer) {
    guard offset == ConsoleConfiguration.emergencyWrite, let character = bytes.first else { return }
    _ = backend.transmit(character)
  }

  /// The terminal has another size now, of which the driver is told.
  public func resize(columns: UInt16, rows: UInt16) {
    configuration.withLock { $0 = ConsoleConfiguration(columns: columns, rows: rows) }
    running.withLock { $0?.interrupts }?.configurationChanged()
  }

  // MARK: The host's end

  /// See ``SerialPort/receive(_:)``. Up to ``inputQueueCapacity`` bytes wait for the guest, also for its start.
  public func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
    let taken = input.append(bytes)
    wakeUp(Self.receiveQueue)
    return taken
  }

  /// See ``SerialPort/transmitReady()``.
  public func transmitReady() { wakeUp(Self.transmitQueue) }

  private func wakeUp(_ queue: Int) {
    running.withLock { $0?.servers[queue]?.wakeUp() }
  }

  // MARK: Queues

  /// See ``VirtioDevice/start(_:features:interrupts:)``.
  public func start(
    _ queues: [VirtioQueueSetup], features: VirtioFeatures, interrupts: any VirtioInterrupts
  ) throws(VirtioFault) {
    var started = Running(interrupts: interrupts)
    for setup in queues {
      let queue = try Virtqueue(
        setup, maximumSize: Self.maximumQueueSize, features: features, memory: memory)
      started.servers[setup.index] = QueueServer(
        queue, kick: setup.kick, capacity: Self.maximumQueueSize, thread: thread, interrupts: interrupts
      ) { [self] chain throws(VirtioFault) in
        setup.index == Self.receiveQueue ? try fill(&chain) : send(&chain)
      }
    }
    let servers = started.servers.values
    running.withLock { $0 = started }
    do throws(VirtioFault) {
      for server in servers { try server.begin() }
    } catch {
      stop()
      throw error
    }
  }

  func fill(_ chain: inout DescriptorChain) throws(VirtioFault) -> QueueServer.Outcome {
    guard chain.writableByteCount > 0 else {
      throw .request(queue: Self.receiveQueue, problem: "a receive buffer has no room")
    }
    let (count, isReady) = input.move(to: &chain)
    if isReady { backend.receiveReady() }
    return count > 0 ? .done(written: UInt32(count)) : .waiting
  }

  func send(_ chain: inout DescriptorChain) -> QueueServer.Outcome {
    var left = Self.burst
    while left > 0, let segment = chain.readableSegments.first {
      let bytes = UnsafeRawBufferPointer(start: segment.iov_base, count: min(segment.iov_len, left))
      let taken = backend.transmit(bytes)
      chain.removeFirstReadable(taken)
      guard taken == bytes.count else { return .waiting }
      left -= taken
    }
    return chain.readableByteCount > 0 ? .again : .done(written: 0)
  }

  /// See ``VirtioDevice/stop()``. Bytes of the host that the guest has not read wait for the next driver.
  public func stop() {
    guard let stopped = running.withLock({ $0.take() }) else { return }
    for server in stopped.servers.values { server.stop() }
  }
}
