internal import CLinuxIO
internal import Glibc
public import SortieDevices
import Synchronization

/// An entropy device (Virtual I/O Device Version 1.2, section 5.4), whose random bytes are the host kernel's.
public final class VirtioEntropy: VirtioDevice {
  /// Most bytes of one request. A driver asks again for more; one that asks for gigabytes does not keep the thread.
  static let requestLimit = 64 << 10

  /// What reports call the device.
  public let name: String
  /// An entropy source.
  public let type = VirtioDeviceType.entropy
  /// None of its own.
  public let features: VirtioFeatures = []
  /// One queue.
  public let queueSizes: [UInt16] = [64]

  private let memory: GuestRAM
  private let thread: IOThread
  private let server = Mutex<QueueServer?>(nil)

  /// A device that works on `thread`.
  public init(name: String, memory: GuestRAM, thread: IOThread) {
    self.name = name
    self.memory = memory
    self.thread = thread
  }

  /// There is no configuration.
  public func readConfiguration(offset: Int, into bytes: UnsafeMutableRawBufferPointer) {
    bytes.initializeMemory(as: UInt8.self, repeating: 0xff)
  }

  /// There is no configuration.
  public func writeConfiguration(offset: Int, from bytes: UnsafeRawBufferPointer) {}

  /// Serves the queue from now on.
  ///
  /// - Throws: ``VirtioFault`` when it cannot be used.
  public func start(
    _ queues: [VirtioQueueSetup], features: VirtioFeatures, interrupts: any VirtioInterrupts
  ) throws(VirtioFault) {
    guard let setup = queues.first(where: { $0.index == 0 }) else { return }
    let started = try QueueServer.start(
      setup, maximumSize: queueSizes[0], features: features, memory: memory, thread: thread,
      interrupts: interrupts, handler: Self.fill)
    server.withLock { $0 = started }
  }

  /// Returns when no request is in work.
  public func stop() {
    server.withLock { $0.take() }?.stop()
  }

  /// Fills the front of the buffers. The driver takes as many bytes as it is told (section 5.4.6).
  static func fill(_ chain: inout DescriptorChain) throws(VirtioFault) -> UInt32 {
    guard chain.writableByteCount > 0 else {
      throw .request(queue: 0, problem: "no room for random bytes")
    }
    var written = 0
    for segment in chain.writableSegments {
      guard let start = segment.iov_base else { break }
      let count = min(segment.iov_len, requestLimit - written)
      var done = 0
      while done < count {
        let got = sortie_random(start + done, count - done)
        if got == -Int(EINTR) { continue }
        guard got > 0 else { throw .backend("getrandom: \(String(cString: strerror(Int32(-got))))") }
        done += got
      }
      written += done
    }
    return UInt32(written)
  }
}
