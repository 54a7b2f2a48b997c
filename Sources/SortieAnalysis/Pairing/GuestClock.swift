/// Guest TSC to host TSC for one vCPU, by the offset and scaling rows of the `vcpus` table.
///
/// KVM computes guest = host × scaling / 2^bits + offset (`arch/x86/kvm/x86.c`, `kvm_read_l1_tsc`).
public struct GuestClock: Sendable {
  /// Offset and scaling from a host time on.
  struct Segment: Sendable {
    /// Host TSC from which it holds.
    var since: UInt64
    /// Guest TSC minus host TSC, two's complement.
    var offset: UInt64
    /// Guest frequency over host frequency, fixed point; 0: the same frequency.
    var scaling: UInt64
    var scalingBits: UInt64
  }

  private let segments: [Segment]
  private var current = 0
  private var last: UInt64 = 0

  init(_ segments: [Segment]) { self.segments = segments.sorted { $0.since < $1.since } }

  /// The host's TSC when the guest's read `guest`; nil where no row tells the offset. Stamps come in order of time.
  public mutating func hostTime(_ guest: UInt64) -> UInt64? {
    guard segments.count != 1 else { return Self.convert(guest, segments[0]) }
    guard !segments.isEmpty else { return nil }
    // An offset that was lowered makes guest time repeat itself: the host's time, which cannot, decides.
    for index in current..<segments.count {
      guard let host = Self.convert(guest, segments[index]), host >= last else { continue }
      guard index == current || host >= segments[index].since else { continue }
      guard index + 1 == segments.count || host < segments[index + 1].since else { continue }
      current = index
      last = host
      return host
    }
    return Self.convert(guest, segments[current])
  }

  private static func convert(_ guest: UInt64, _ segment: Segment) -> UInt64? {
    let elapsed = guest &- segment.offset
    guard segment.scaling != 0, segment.scalingBits < 64 else { return elapsed }
    let one = UInt64(1) << segment.scalingBits
    guard segment.scaling != one else { return elapsed }
    let product = elapsed.multipliedFullWidth(by: one)
    guard product.high < segment.scaling else { return nil }
    return segment.scaling.dividingFullWidth(product).quotient
  }
}
