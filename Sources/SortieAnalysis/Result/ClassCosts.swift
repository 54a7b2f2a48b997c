/// What light exits cost against heavy ones, over all VMs of a trace.
public struct ClassCosts: Sendable, Equatable {
  /// A heavy change: `g1 - g0` less `u1 - u0` of operations with one round trip: out of the guest, to user space and
  /// back into the guest, without what the VMM did (tiers guest and vmm).
  public var heavyChange: CycleSummary
  /// `k0..k2` of episodes with a round trip that the guest caused; none without exits reported by the kernel.
  public var heavyEpisodes: CycleSummary
  /// `k0..k2` of episodes without a round trip; nil without exits reported by the kernel: unknown, not none.
  public var lightEpisodes: CycleSummary?
  /// `g1 - g0` of operations that KVM handles itself, as the runs declare (tier guest).
  public var lightOperations: CycleSummary

  /// A rule of thumb for a heavy change, of a lecture of 2011, cycles.
  public static let lectureHeavyChange: UInt64 = 10_000
}
