/// Watches one vCPU from outside and tells when it must be looked at. A look is a kick, which the guest feels, so a
/// vCPU that visibly gets on, or sleeps in a HLT, is left alone.
struct VCPUWatch {
  /// What can be seen of a vCPU without stopping it.
  struct Signs: Equatable {
    /// Round trips that the guest caused.
    var roundTrips: UInt64 = 0
    /// Entries that the guest has put into its stamp ring.
    var spans: UInt64 = 0
    /// HLTs that KVM has handled; 0 where it does not count them.
    var halts: UInt64 = 0
    /// The vCPU's thread sleeps in a HLT, or waits for its start.
    var isBlocked = false
  }

  /// Ticks without a sign of life after which a vCPU is looked at.
  static let idleTicks = 4
  /// Ticks until a vCPU that was found alive is looked at again.
  static let restTicks = 100

  private var last = Signs()
  private var ticks = 0

  /// Notes what there is to see at a tick; true where the vCPU must be looked at.
  mutating func note(_ signs: Signs) -> Bool {
    guard signs == last, !signs.isBlocked else {
      last = signs
      ticks = 0
      return false
    }
    ticks += 1
    guard ticks >= Self.idleTicks else { return false }
    if ticks >= Self.idleTicks + StuckDetector.kicks { ticks = -Self.restTicks }
    return true
  }
}
