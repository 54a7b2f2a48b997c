/// What a guest did to a device that made it stop; each prints as a phrase with the value.
public enum VirtioFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// A queue's size is 0, no power of two or above the device's limit.
  case queueSize(queue: Int, size: UInt32)
  /// A part of a queue is not aligned (section 2.7).
  case misaligned(queue: Int, part: QueuePart, address: UInt64)
  /// A part of a queue does not lie in RAM.
  case queueOutsideMemory(queue: Int, part: QueuePart, address: UInt64)
  /// The driver made more buffers available than the queue has entries.
  case availableIndex(queue: Int, index: UInt16, last: UInt16)
  /// A descriptor index is not below the size of its table.
  case descriptorIndex(queue: Int, index: UInt32, size: UInt32)
  /// A chain is longer than its table.
  case descriptorLoop(queue: Int, head: UInt16)
  /// A buffer does not lie in RAM.
  case bufferOutsideMemory(queue: Int, address: UInt64, count: UInt64)
  /// A descriptor has a length of 0.
  case emptyBuffer(queue: Int, address: UInt64)
  /// The buffers of a chain hold more than 4 GiB (section 2.7.5.2).
  case chainTooLong(queue: Int, head: UInt16)
  /// A device-readable descriptor follows a device-writable one (section 2.7.4.2).
  case readableAfterWritable(queue: Int, head: UInt16)
  /// An indirect table is empty, no multiple of a descriptor, too long, inside another, or was not negotiated.
  case indirectTable(queue: Int, count: UInt64)
  /// A request that the device cannot even answer.
  case request(queue: Int, problem: String)
  /// A backend that the device needs failed.
  case backend(String)

  /// Part of a split queue.
  public enum QueuePart: String, Sendable {
    /// Descriptor table.
    case descriptors = "descriptor table"
    /// Driver area.
    case available = "available ring"
    /// Device area.
    case used = "used ring"
  }

  /// A phrase for people.
  public var description: String {
    switch self {
    case .queueSize(let queue, let size): "queue \(queue) has a size of \(size)"
    case .misaligned(let queue, let part, let address):
      "the \(part.rawValue) of queue \(queue) at \(Self.hexadecimal(address)) is not aligned"
    case .queueOutsideMemory(let queue, let part, let address):
      "the \(part.rawValue) of queue \(queue) at \(Self.hexadecimal(address)) is outside guest memory"
    case .availableIndex(let queue, let index, let last):
      "the available index of queue \(queue) went from \(last) to \(index), more than the queue holds"
    case .descriptorIndex(let queue, let index, let size):
      "descriptor \(index) of queue \(queue) is not in its table of \(size)"
    case .descriptorLoop(let queue, let head):
      "the descriptor chain of queue \(queue) from \(head) is longer than its table"
    case .bufferOutsideMemory(let queue, let address, let count):
      "a buffer of queue \(queue), \(count) bytes at \(Self.hexadecimal(address)), is outside guest memory"
    case .emptyBuffer(let queue, let address):
      "a buffer of queue \(queue) at \(Self.hexadecimal(address)) has no bytes"
    case .chainTooLong(let queue, let head):
      "the descriptor chain of queue \(queue) from \(head) holds more than 4 GiB"
    case .readableAfterWritable(let queue, let head):
      "the descriptor chain of queue \(queue) from \(head) goes back to reading"
    case .indirectTable(let queue, let count):
      "an indirect descriptor table of queue \(queue) has \(count) bytes or must not be there"
    case .request(let queue, let problem): "a request in queue \(queue): \(problem)"
    case .backend(let problem): problem
    }
  }

  private static func hexadecimal(_ address: UInt64) -> String { "0x" + String(address, radix: 16) }
}
