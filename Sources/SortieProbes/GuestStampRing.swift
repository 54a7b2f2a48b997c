internal import CLinuxKVM
internal import GuestABI
public import SortieTrace

/// The host's end of a guest stamp ring (`struct sortie_stamp_ring` in `guest_abi.h`): takes out what the guest wrote
/// while it runs, at no exit.
///
/// The ring lies in guest memory and the guest is hostile: `head` may be anything at any time. The host keeps its own
/// `tail`, reads at most `capacity` entries a call, and gives a `head` or a `dropped` that no correct guest writes as a
/// loss of unknown extent.
public struct GuestStampRing: ~Copyable, @unchecked Sendable {
  /// What was missing since the last call.
  public struct Loss: Sendable, Equatable {
    /// Why.
    public let cause: LossCause
    /// Spans; nil if unknown.
    public let count: UInt64?
  }

  /// More drops than that between two calls are no drops: a guest that drops a span a cycle takes minutes for them.
  private static let mostDropped: UInt64 = 1 << 40

  private let base: UnsafeMutableRawPointer
  private let capacity: UInt64
  private var tail: UInt64 = 0
  private var dropped: UInt64 = 0

  /// Bytes of a ring of `capacity` entries.
  public static func byteCount(capacity: UInt64) -> UInt64 {
    UInt64(MemoryLayout<sortie_stamp_ring>.size) + capacity * UInt64(MemoryLayout<sortie_stamp>.stride)
  }

  /// The ring at the start of `region`, which outlives it and has `byteCount(capacity:)` bytes.
  /// Precondition: `capacity` is a power of two and the region is large enough and aligned to 8 bytes.
  public init(region: UnsafeMutableRawBufferPointer, capacity: UInt64) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0)
    precondition(UInt64(region.count) >= Self.byteCount(capacity: capacity))
    guard let start = region.baseAddress else { preconditionFailure("a ring has bytes") }
    base = start
    self.capacity = capacity
  }

  /// Calls `body` with the spans since the last call, in one or two pieces, and returns what is missing of them.
  public mutating func drain<Failure: Error>(
    _ body: (UnsafeBufferPointer<GuestSpanRecord>) throws(Failure) -> Void
  ) throws(Failure) -> Loss? {
    let head = load(MemoryLayout<sortie_stamp_ring>.offset(of: \.head))
    let available = head &- tail
    guard available <= capacity else {
      tail = head
      store(tail)
      _ = takeDropped()
      return Loss(cause: .guestRingCorrupt, count: nil)
    }
    let entries = base.advanced(by: MemoryLayout<sortie_stamp_ring>.size)
      .assumingMemoryBound(to: GuestSpanRecord.self)
    let start = Int(tail & (capacity - 1))
    let first = min(Int(available), Int(capacity) - start)
    if first > 0 { try body(UnsafeBufferPointer(start: entries + start, count: first)) }
    if Int(available) > first { try body(UnsafeBufferPointer(start: entries, count: Int(available) - first)) }
    tail = head
    store(tail)

    let missing = takeDropped()
    guard missing <= Self.mostDropped else { return Loss(cause: .guestRingCorrupt, count: nil) }
    return missing == 0 ? nil : Loss(cause: .guestRingFull, count: missing)
  }

  /// By how much `dropped` has grown since it was last looked at.
  private mutating func takeDropped() -> UInt64 {
    let now = load(MemoryLayout<sortie_stamp_ring>.offset(of: \.dropped))
    defer { dropped = now }
    return now &- dropped
  }

  private func load(_ offset: Int?) -> UInt64 {
    sortie_load_acquire_u64((base + (offset ?? 0)).assumingMemoryBound(to: UInt64.self))
  }

  private func store(_ value: UInt64) {
    let offset = MemoryLayout<sortie_stamp_ring>.offset(of: \.tail) ?? 0
    sortie_store_release_u64((base + offset).assumingMemoryBound(to: UInt64.self), value)
  }
}
