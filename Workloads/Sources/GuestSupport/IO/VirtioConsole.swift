public import CGuest

/// A virtio console (Virtual I/O Device Version 1.2, section 5.3): the characters of an operation are one buffer of its
/// transmit queue, with one kick and one interrupt.
public struct VirtioConsole: ConsoleOutput {
  private static let transmitQueue: UInt16 = 1

  private let queue: Virtqueue

  /// The machine's first.
  public init(_ memory: inout IOMemory) {
    let function = VirtioFunction(type: 3)
    queue = function.queue(Self.transmitQueue, &memory)
    function.start()
  }

  /// See ``ConsoleOutput/send(_:count:)``.
  @inline(__always)
  public func send(_ characters: UnsafeMutablePointer<UInt8>, count: UInt64) {
    queue.descriptors.pointee = virtq_descriptor(
      address: physical(characters), length: UInt32(truncatingIfNeeded: count), flags: 0, next: 0)
    queue.offer(0, at: 0)
    let end = queue.returned &+ 1
    queue.submit(1)
    queue.wait(until: end)
  }
}
