import CLinuxIO
import SortieDevices

/// A guest of 64 KiB with two queues of eight entries, whose rings lie in its first 512 bytes, and everything that a
/// device needs of a host. Calls come from one thread.
final class FuzzedGuest: @unchecked Sendable {
  static let byteCount = 1 << 16
  private static let ringBytes: UInt64 = 0x100

  /// One for all inputs; no handler runs on it.
  static let thread: IOThread = {
    guard let thread = try? IOThread(name: "fuzz") else { fatalError("no thread") }
    return thread
  }()
  private static let kick = sortie_io_eventfd()

  let memory: GuestRAM
  let interrupts = FuzzedInterrupts()

  init() {
    let base = UnsafeMutableRawPointer.allocate(byteCount: Self.byteCount, alignment: 4096)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: Self.byteCount)
    memory = GuestRAM(base: base, lowBytes: UInt64(Self.byteCount))
  }

  deinit { memory.base.deallocate() }

  func queue(_ index: Int, features: VirtioFeatures) -> Virtqueue {
    let start = UInt64(index) * Self.ringBytes
    let setup = VirtioQueueSetup(
      index: index, size: 8, descriptors: start, available: start + 0x80, used: start + 0xa0, kick: Self.kick)
    guard let queue = try? Virtqueue(setup, maximumSize: 8, features: features, memory: memory) else {
      fatalError("the rings are right")
    }
    return queue
  }

  func server(_ queue: Virtqueue, step: @escaping QueueServer.Step) -> QueueServer {
    QueueServer(
      queue, kick: Self.kick, capacity: 8, thread: Self.thread, interrupts: interrupts, step: step)
  }

  /// Two bytes of the rings, where an input can do the most.
  func store(_ value: UInt16, at index: UInt8) {
    memory.base.storeBytes(of: value, toByteOffset: 2 * Int(index), as: UInt16.self)
  }

}

/// Interrupts as a device raises them; it must not go on after a fault.
final class FuzzedInterrupts: VirtioInterrupts, @unchecked Sendable {
  private(set) var brokenQueues = 0

  func usedBuffers(queue: Int) {}
  func configurationChanged() {}
  func needsReset(_ fault: VirtioFault) {
    brokenQueues += 1
    precondition(brokenQueues <= 2, "a queue goes on after its fault")
    precondition(!"\(fault)".isEmpty)
  }
  func callDescriptor(queue: Int) -> Int32? { nil }
}
