public import SortieDevices
import Synchronization

/// A disk (Virtual I/O Device Version 1.2, section 5.2) with one queue, served on an I/O thread.
public final class VirtioBlock: VirtioDevice {
  /// Most buffers of a request, and entries of its queue.
  static let queueSize: UInt16 = 256

  /// What reports call the device.
  public let name: String
  /// A block device.
  public let type = VirtioDeviceType.block
  /// What the disk can do.
  public let features: VirtioFeatures
  /// One queue.
  public let queueSizes = [queueSize]

  private let disk: any BlockBackend
  private let identifier: String
  private let memory: GuestRAM
  private let thread: IOThread
  private let configuration: [UInt8]
  private let server = Mutex<QueueServer?>(nil)
  private let writeback = WritebackMode()

  /// A disk that keeps its bytes in `disk`.
  ///
  /// - Parameter identifier: the serial number that the guest sees, of which 20 bytes count.
  public init(name: String, disk: any BlockBackend, identifier: String, memory: GuestRAM, thread: IOThread) {
    self.name = name
    self.disk = disk
    self.identifier = identifier
    self.memory = memory
    self.thread = thread
    // Header and status take a descriptor each.
    configuration = BlockConfiguration(disk: disk, maximumSegments: UInt32(Self.queueSize - 2)).bytes
    let common: VirtioFeatures = [.segmentMaximum, .blockSize, .flush, .configurableWriteback]
    features = common.union(disk.isReadOnly ? [.readOnly] : [.discard, .writeZeroes])
  }

  /// Section 5.2.4; past its end all ones.
  public func readConfiguration(offset: Int, into bytes: UnsafeMutableRawBufferPointer) {
    SortieVirtio.readConfiguration(offset: offset, into: bytes) { position in
      guard configuration.indices.contains(position) else { return nil }
      return position == BlockConfiguration.writeback ? (writeback.isOn ? 1 : 0) : configuration[position]
    }
  }

  /// Only the cache mode can be written, as the byte that it is.
  public func writeConfiguration(offset: Int, from bytes: UnsafeRawBufferPointer) {
    guard offset == BlockConfiguration.writeback, bytes.count == 1 else { return }
    writeback.set(bytes[0] & 1 != 0)
  }

  /// Serves the queue from now on.
  ///
  /// - Throws: ``VirtioFault`` when it cannot be used.
  public func start(
    _ queues: [VirtioQueueSetup], features: VirtioFeatures, interrupts: any VirtioInterrupts
  ) throws(VirtioFault) {
    guard let setup = queues.first(where: { $0.index == 0 }) else { return }
    writeback.start(canFlush: features.contains(.flush))
    let requests = BlockRequests(disk: disk, queue: 0, identifier: identifier, writeback: writeback)
    let started = try QueueServer.start(
      setup, maximumSize: Self.queueSize, features: features, memory: memory, thread: thread,
      interrupts: interrupts, handler: { (chain) throws(VirtioFault) in try requests.serve(&chain) })
    server.withLock { $0 = started }
  }

  /// Returns when no request is in work; the next driver finds the disk as this one left it.
  public func stop() {
    server.withLock { $0.take() }?.stop()
    writeback.reset()
  }
}
