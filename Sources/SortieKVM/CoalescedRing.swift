public import CLinuxKVM

/// One guest write that KVM put into the coalesced ring.
@frozen
public struct CoalescedWrite: Equatable, Sendable {
  /// Guest physical address, or port.
  public let address: UInt64
  /// Bytes: 1 to 8.
  public let width: UInt8
  /// A port rather than memory.
  public let isPIO: Bool
  /// What was written, little-endian and zero-extended.
  public let value: UInt64

  /// A write of `width` bytes.
  @inlinable
  public init(address: UInt64, width: UInt8, isPIO: Bool, value: UInt64) {
    self.address = address
    self.width = width
    self.isPIO = isPIO
    self.value = value
  }
}

/// The coalesced ring holds an index or an entry that cannot be.
public struct CoalescedRingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Index of the oldest entry.
  public let first: UInt32
  /// Index after the newest entry.
  public let last: UInt32
  /// Entries that the ring's page holds.
  public let capacity: UInt32

  /// An error with the ring's indices at that moment.
  public init(first: UInt32, last: UInt32, capacity: UInt32) {
    self.first = first
    self.last = last
    self.capacity = capacity
  }

  /// One sentence with the indices.
  public var description: String {
    "the coalesced ring has first \(first) and last \(last) of \(capacity) entries, or an entry of impossible length"
  }
}

/// The page in which KVM collects guest writes to the zones of `registerCoalesced`.
///
/// There is one ring for a VM, mapped behind the run page of each of its vCPUs: drain it before handling an exit,
/// from one thread at a time.
@frozen
public struct CoalescedRing {
  @usableFromInline let base: UnsafeMutableRawPointer
  /// Entries that the page holds; one always stays free.
  public let capacity: UInt32

  /// The ring in the `size` bytes at `base`, aligned to 8 bytes and longer than one entry.
  @inlinable
  public init(base: UnsafeMutableRawPointer, size: Int) {
    self.base = base
    capacity = UInt32(max(0, size - SORTIE_RING_ENTRIES) / SORTIE_RING_ENTRY_SIZE)
  }

  /// Index of the oldest entry, which user space moves.
  @inlinable @inline(__always)
  var first: UnsafeMutablePointer<UInt32> { (base + SORTIE_RING_FIRST).assumingMemoryBound(to: UInt32.self) }

  /// Index after the newest entry, which KVM moves.
  @inlinable @inline(__always)
  var last: UnsafeMutablePointer<UInt32> { (base + SORTIE_RING_LAST).assumingMemoryBound(to: UInt32.self) }

  /// Whether there is nothing to drain: two loads.
  @inlinable @inline(__always)
  public var isEmpty: Bool {
    sortie_load_acquire_u32(first) == sortie_load_acquire_u32(last)
  }

  /// Takes out the writes that are in the ring, oldest first.
  ///
  /// - Returns: how many there were, at most `capacity`, however fast the guest writes more.
  /// - Throws: `CoalescedRingError` at an index outside the ring or a write of no or more than 8 bytes.
  @inlinable
  @discardableResult
  public func drain(_ body: (CoalescedWrite) -> Void) throws(CoalescedRingError) -> Int {
    var head = sortie_load_acquire_u32(first)
    let tail = sortie_load_acquire_u32(last)
    if head == tail, head < capacity { return 0 }
    guard head < capacity, tail < capacity else {
      throw CoalescedRingError(first: head, last: tail, capacity: capacity)
    }
    var count = 0
    while head != tail {
      let entry = base + SORTIE_RING_ENTRIES + Int(head) &* SORTIE_RING_ENTRY_SIZE
      let length = entry.load(fromByteOffset: SORTIE_RING_ENTRY_LENGTH, as: UInt32.self)
      guard length != 0, length <= 8 else {
        throw CoalescedRingError(first: head, last: tail, capacity: capacity)
      }
      let all = entry.load(fromByteOffset: SORTIE_RING_ENTRY_DATA, as: UInt64.self)
      body(
        CoalescedWrite(
          address: entry.load(fromByteOffset: SORTIE_RING_ENTRY_ADDRESS, as: UInt64.self),
          width: UInt8(truncatingIfNeeded: length),
          isPIO: entry.load(fromByteOffset: SORTIE_RING_ENTRY_PIO, as: UInt32.self) != 0,
          value: length == 8 ? all : all & ((1 &<< (UInt64(length) &* 8)) &- 1)))
      head = head &+ 1 == capacity ? 0 : head &+ 1
      sortie_store_release_u32(first, head)
      count &+= 1
    }
    return count
  }
}
