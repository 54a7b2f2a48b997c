internal import Glibc
internal import Synchronization
internal import SystemPackage

/// A ring of fixed-size records from one producer thread to one consumer thread.
///
/// The producer never waits: where the ring is full it drops the record and counts it. Indices only grow; record i
/// lies at i modulo capacity. Each side publishes its index with release, reads the other's with acquire, and keeps a
/// copy of it so that the cache line travels rarely.
public final class RecordRing<Record: BitwiseCopyable>: @unchecked Sendable {
  // Unchecked: one producer (a noncopyable handle, made once) and one consumer share the slots through the indices.

  /// Records it holds, a power of two.
  public let capacity: Int
  let slots: UnsafeMutablePointer<Record>
  let control: RingControl
  private let bytes: Int
  private let hasProducer = Atomic<Bool>(false)
  // Of the consumer.
  private var tail: UInt64 = 0
  private var reportedDrops: UInt64 = 0
  private var reportedLast: UInt64 = 0

  /// A ring of at least `capacity` records (at most 2^26), its memory present before the first push. Throws
  /// ``TraceError/memory(bytes:_:)``.
  public init(capacity: Int) throws(TraceError) {
    var power = 2
    while power < min(capacity, 1 << 26) { power *= 2 }
    self.capacity = power
    bytes = RingControl.length + power * MemoryLayout<Record>.stride
    let memory = mmap(
      nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0)
    guard let memory, memory != MAP_FAILED else {
      throw .memory(bytes: bytes, Errno(rawValue: errno))
    }
    control = RingControl(memory)
    slots = (memory + RingControl.length).bindMemory(to: Record.self, capacity: power)
  }

  deinit { munmap(control.memory, bytes) }

  /// The producer's end. Precondition: it is asked for once.
  public func makeProducer() -> RingProducer<Record> {
    precondition(!hasProducer.exchange(true, ordering: .relaxed), "a ring has one producer")
    return RingProducer(self)
  }

  /// Records dropped so far; any thread may ask.
  public var dropped: UInt64 { control.dropped.pointee.load(ordering: .relaxed) }

  /// Hands the records that have arrived to `body`, in one or two pieces, and frees their slots; returns how many.
  /// Called on the consumer's thread only. Where `body` throws, its piece stays in the ring.
  @discardableResult
  public func drain<Failure: Error>(
    _ body: (UnsafeBufferPointer<Record>) throws(Failure) -> Void
  ) throws(Failure) -> Int {
    let head = control.head.pointee.load(ordering: .acquiring)
    let total = Int(head &- tail)
    while tail != head {
      let first = Int(tail & UInt64(capacity - 1))
      let count = min(Int(head &- tail), capacity - first)
      try body(UnsafeBufferPointer(start: slots + first, count: count))
      tail &+= UInt64(count)
      control.tail.pointee.store(tail, ordering: .releasing)
    }
    return total
  }

  /// Drops not yet reported, and the stamps they lie between; nil where there are none. Called on the consumer's
  /// thread only.
  public func takeDrops() -> RingDrops? {
    // A sequence lock whose writer writes only when it drops: a few attempts do, and what cannot be read now is
    // reported the next time.
    for _ in 0..<64 {
      let before = control.dropSequence.pointee.load(ordering: .acquiring)
      guard before & 1 == 0 else { continue }
      let dropped = control.dropped.pointee.load(ordering: .relaxed)
      let first = control.firstDrop.pointee.load(ordering: .relaxed)
      let last = control.lastDrop.pointee.load(ordering: .relaxed)
      atomicMemoryFence(ordering: .acquiring)
      guard control.dropSequence.pointee.load(ordering: .relaxed) == before else { continue }
      guard dropped != reportedDrops else { return nil }
      // Where the producer dropped while the last report was made, its range still begins with the old one.
      let drops = RingDrops(
        count: dropped &- reportedDrops, firstTSC: max(first, reportedLast), lastTSC: last)
      reportedDrops = dropped
      reportedLast = last
      control.reportedDrops.pointee.store(dropped, ordering: .relaxed)
      return drops
    }
    return nil
  }
}

/// Records that a full ring did not take.
public struct RingDrops: Sendable, Equatable {
  /// How many.
  public var count: UInt64
  /// Stamp of the first, cycles.
  public var firstTSC: UInt64
  /// Stamp of the last, cycles.
  public var lastTSC: UInt64
}
