public import Synchronization

/// The producer's end of a ``RecordRing``: it belongs to one thread, and a push neither allocates, locks, retains nor
/// waits.
public struct RingProducer<Record: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  // Unchecked: noncopyable, so it is on one thread at a time; it shares memory with the consumer through atomics.
  @usableFromInline let slots: UnsafeMutablePointer<Record>
  @usableFromInline let control: RingControl
  @usableFromInline let mask: UInt64
  @usableFromInline var head: UInt64 = 0
  /// The consumer's index when last looked at: older, so never more room than there is.
  @usableFromInline var knownTail: UInt64 = 0
  /// Keeps the memory.
  private let ring: RecordRing<Record>

  init(_ ring: RecordRing<Record>) {
    slots = ring.slots
    control = ring.control
    mask = UInt64(ring.capacity - 1)
    self.ring = ring
  }

  /// Puts `record` into the ring, or drops it where the ring is full: false then. `tsc`, cycles, is the stamp by which
  /// a drop is noted.
  @inlinable @inline(__always) @discardableResult
  public mutating func push(_ record: Record, tsc: UInt64) -> Bool {
    if head &- knownTail > mask {
      knownTail = control.tail.pointee.load(ordering: .acquiring)
      if head &- knownTail > mask {
        noteDrop(tsc)
        return false
      }
    }
    (slots + Int(truncatingIfNeeded: head & mask)).initialize(to: record)
    head &+= 1
    control.head.pointee.store(head, ordering: .releasing)
    return true
  }

  @inline(never) @usableFromInline func noteDrop(_ tsc: UInt64) {
    let sequence = control.dropSequence.pointee.load(ordering: .relaxed)
    control.dropSequence.pointee.store(sequence &+ 1, ordering: .relaxed)
    atomicMemoryFence(ordering: .releasing)
    let dropped = control.dropped.pointee.load(ordering: .relaxed)
    if dropped == control.reportedDrops.pointee.load(ordering: .relaxed) {
      control.firstDrop.pointee.store(tsc, ordering: .relaxed)
    }
    control.lastDrop.pointee.store(tsc, ordering: .relaxed)
    control.dropped.pointee.store(dropped &+ 1, ordering: .relaxed)
    control.dropSequence.pointee.store(sequence &+ 2, ordering: .releasing)
  }
}
