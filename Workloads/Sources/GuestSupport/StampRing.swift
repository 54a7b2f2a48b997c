public import CGuest
public import GuestABI

/// The producer's side of `struct sortie_stamp_ring`: stores in guest memory, no exit, no lock.
///
/// x86 makes stores visible in program order (Intel SDM vol. 3, 9.2.2), so an entry stored before `head` is seen
/// before it; only the compiler needs telling.
public struct StampRing {
  @usableFromInline let ring: UnsafeMutablePointer<sortie_stamp_ring>
  @usableFromInline let entries: UnsafeMutablePointer<sortie_stamp>
  @usableFromInline let capacity: UInt64

  /// Nil where the machine gave this vCPU no ring.
  init?(_ vcpu: sortie_vcpu_boot) {
    guard let ring = UnsafeMutablePointer<sortie_stamp_ring>(bitPattern: UInt(vcpu.ring_gpa)) else {
      return nil
    }
    let start = UnsafeMutableRawPointer(ring) + MemoryLayout<sortie_stamp_ring>.size
    self.ring = ring
    self.entries = start.assumingMemoryBound(to: sortie_stamp.self)
    self.capacity = vcpu.ring_capacity
  }

  /// Entries that fit before the ring is full or its storage wraps.
  @inline(__always) @usableFromInline
  var contiguousRoom: UInt64 {
    compiler_barrier()
    let head = ring.pointee.head
    return min(capacity &- (head &- ring.pointee.tail), capacity &- (head & (capacity &- 1)))
  }

  /// Where the next entry goes.
  @inline(__always) @usableFromInline
  var next: UnsafeMutablePointer<sortie_stamp> { entries + Int(ring.pointee.head & (capacity &- 1)) }

  /// Publishes the entry at ``next``.
  @inline(__always) @usableFromInline
  func publish() {
    compiler_barrier()
    ring.pointee.head &+= 1
  }

  /// Counts a stamp that found no room.
  @inline(__always) @usableFromInline
  func drop() { ring.pointee.dropped &+= 1 }
}
