public import SortieDevices

/// A virtqueue as its device uses it: split, with indirect descriptors and event index where they are negotiated
/// (Virtual I/O Device Version 1.2, section 2.7).
///
/// One thread at a time uses it. Nothing allocates after it is made. Whatever the guest has written ends in a
/// ``VirtioFault`` after work that the sizes of the queue bound; a queue that threw is not to be used again.
public final class Virtqueue: @unchecked Sendable {
  /// Number of the queue.
  public let index: Int
  /// Entries.
  public var size: UInt16 { rings.size }

  private let memory: GuestRAM
  private let rings: SplitRings
  private let usesIndirect: Bool
  private let usesEventIndex: Bool
  // Positions in the rings that count on without end, modulo 2^16.
  private var nextAvailable: UInt16 = 0
  private var nextUsed: UInt16 = 0
  // The driver's index when it was last read: while it is ahead, the cache line that the driver writes is left alone.
  private var seenAvailable: UInt16 = 0
  // Where the used ring ended when it was last decided whether to interrupt.
  private var decidedUsed: UInt16 = 0

  /// The queue that the driver has set up, in `memory`, with the `features` it has accepted.
  ///
  /// - Parameter maximumSize: the device's limit.
  /// - Throws: ``VirtioFault/queueSize(queue:size:)``, ``VirtioFault/misaligned(queue:part:address:)`` or
  ///   ``VirtioFault/queueOutsideMemory(queue:part:address:)``.
  public init(
    _ setup: VirtioQueueSetup, maximumSize: UInt16, features: VirtioFeatures, memory: GuestRAM
  ) throws(VirtioFault) {
    index = setup.index
    self.memory = memory
    rings = try SplitRings(setup, maximumSize: maximumSize, memory: memory)
    usesIndirect = features.contains(.indirectDescriptors)
    usesEventIndex = features.contains(.eventIndex)
  }

  // MARK: Requests

  /// Takes the oldest chain that the driver has made available.
  ///
  /// - Returns: false when there is none; `chain` is empty then.
  /// - Throws: ``VirtioFault`` for what no driver that keeps to the specification does.
  public func pop(into chain: inout DescriptorChain) throws(VirtioFault) -> Bool {
    chain.removeAll()
    guard try hasAvailable() else { return false }
    let head = rings.availableHead(at: nextAvailable)
    nextAvailable &+= 1
    chain.id = head
    try gather(head, into: &chain)
    return true
  }

  /// Gives the chain of this `id` back, with the number of bytes `written` to its front.
  public func push(_ id: UInt16, written: UInt32) {
    rings.setUsed(at: nextUsed, head: id, written: written)
    nextUsed &+= 1
    rings.setUsedIndex(nextUsed)
  }

  /// Gives several chains back at once: the driver sees all of them or none.
  func push(_ chains: [UsedChain]) {
    for chain in chains {
      rings.setUsed(at: nextUsed, head: chain.id, written: chain.written)
      nextUsed &+= 1
    }
    rings.setUsedIndex(nextUsed)
  }

  private func hasAvailable() throws(VirtioFault) -> Bool {
    guard nextAvailable == seenAvailable else { return true }
    let index = rings.availableIndex
    // No driver has more chains out, available or in work, than there are entries, or takes one back.
    let out = index &- nextUsed
    guard out <= size, out >= nextAvailable &- nextUsed else {
      throw .availableIndex(queue: self.index, index: index, last: nextAvailable)
    }
    seenAvailable = index
    return index != nextAvailable
  }

  private func gather(_ head: UInt16, into chain: inout DescriptorChain) throws(VirtioFault) {
    var table = rings.descriptors
    var tableSize = UInt32(size)
    var isIndirect = false
    var next = UInt32(head)
    var left = tableSize
    while true {
      guard next < tableSize else { throw .descriptorIndex(queue: index, index: next, size: tableSize) }
      guard left > 0 else { throw .descriptorLoop(queue: index, head: head) }
      left -= 1
      let descriptor = Descriptor(at: table + Int(next) * Descriptor.byteCount)
      if descriptor.has(Descriptor.indirect) {
        // Only the last of a chain refers to a table, and no table to another (section 2.7.5.3).
        guard usesIndirect, !isIndirect, !descriptor.has(Descriptor.next) else {
          throw .indirectTable(queue: index, count: UInt64(descriptor.count))
        }
        (table, tableSize) = try indirectTable(descriptor, capacity: chain.capacity)
        isIndirect = true
        next = 0
        left = tableSize
        continue
      }
      try append(descriptor, head: head, to: &chain)
      guard descriptor.has(Descriptor.next) else { return }
      next = UInt32(descriptor.nextIndex)
    }
  }

  private func indirectTable(_ descriptor: Descriptor, capacity: Int) throws(VirtioFault) -> (
    UnsafeRawPointer, UInt32
  ) {
    let (entries, rest) = Int(descriptor.count).quotientAndRemainder(dividingBy: Descriptor.byteCount)
    guard entries > 0, rest == 0, entries <= capacity else {
      throw .indirectTable(queue: index, count: UInt64(descriptor.count))
    }
    return (UnsafeRawPointer(try bytes(of: descriptor)), UInt32(entries))
  }

  private func append(
    _ descriptor: Descriptor, head: UInt16, to chain: inout DescriptorChain
  ) throws(VirtioFault) {
    guard descriptor.count > 0 else { throw .emptyBuffer(queue: index, address: descriptor.address) }
    let isWritable = descriptor.has(Descriptor.write)
    guard isWritable || !chain.hasWritable else { throw .readableAfterWritable(queue: index, head: head) }
    // A table as long as the queue behind descriptors of the queue itself.
    guard !chain.isFull else { throw .descriptorLoop(queue: index, head: head) }
    let start = try bytes(of: descriptor)
    chain.append(
      UnsafeMutableRawBufferPointer(start: start, count: Int(descriptor.count)), isWritable: isWritable)
    guard chain.readableByteCount + chain.writableByteCount <= 1 << 32 else {
      throw .chainTooLong(queue: index, head: head)
    }
  }

  private func bytes(of descriptor: Descriptor) throws(VirtioFault) -> UnsafeMutableRawPointer {
    let count = UInt64(descriptor.count)
    guard let start = memory.bytes(at: descriptor.address, count: count)?.baseAddress else {
      throw .bufferOutsideMemory(queue: index, address: descriptor.address, count: count)
    }
    return start
  }

  // MARK: Notifications

  /// VIRTQ_AVAIL_F_NO_INTERRUPT and VIRTQ_USED_F_NO_NOTIFY, the same bit in either ring.
  private static let doNotTell: UInt16 = 1

  /// Whether the driver wants an interrupt for what was pushed since this was last asked (sections 2.7.7 and 2.7.10).
  /// To be asked at least once in ``size`` pushes, and last of all before the device goes to sleep.
  public func needsInterrupt() -> Bool {
    guard nextUsed != decidedUsed else { return false }
    let before = decidedUsed
    decidedUsed = nextUsed
    rings.orderStoreBeforeLoad()
    guard usesEventIndex else { return rings.availableFlags & Self.doNotTell == 0 }
    // The driver asked to hear of the entry at `usedEvent`; is it among those pushed?
    return nextUsed &- rings.usedEvent &- 1 < nextUsed &- before
  }

  /// Asks the driver for no kicks while the device is at work. A hint: kicks may still come.
  public func disableKicks() {
    // With event index silence needs nothing: the driver kicks only when it passes the event, which it has done.
    if !usesEventIndex { rings.setUsedFlags(Self.doNotTell) }
  }

  /// Asks the driver for a kick at the next chain, and looks once more.
  ///
  /// - Returns: true when chains are available, which may have come without a kick: the device goes on.
  /// - Throws: ``VirtioFault/availableIndex(queue:index:last:)``.
  public func enableKicks() throws(VirtioFault) -> Bool {
    if usesEventIndex {
      rings.setAvailableEvent(nextAvailable)
    } else {
      rings.setUsedFlags(0)
    }
    rings.orderStoreBeforeLoad()
    return try hasAvailable()
  }
}

/// A chain that a device is done with: its ``DescriptorChain/id``, and the number of bytes written to its front.
struct UsedChain {
  var id: UInt16
  var written: UInt32
}
