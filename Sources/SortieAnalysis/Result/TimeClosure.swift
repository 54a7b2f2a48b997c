/// Whether the parts of the vCPU threads' time, which events tell, make their wall time, which the VMM's first and last
/// stamps tell.
public struct TimeClosure: Sendable, Equatable {
  /// From the first to the last `KVM_RUN` of each thread, summed, cycles.
  public var wall: UInt64 = 0
  /// Cycles of it that are in no part or in more than one, each thread's summed whichever way it points.
  public var gap: UInt64 = 0
  /// The largest gap of one thread, as a share of that thread's wall time.
  public var worstShare = 0.0

  /// The gap as a share of the wall time.
  public var gapShare: Double { wall > 0 ? Double(gap) / Double(wall) : 0 }

  /// The closure of these vCPUs; nil where no kernel events divide their time.
  init?(_ vcpus: [VCPUSummary]) {
    guard vcpus.contains(where: { $0.parts != nil }) else { return nil }
    for vcpu in vcpus where vcpu.time.wall > 0 {
      let (own, accounted) = (vcpu.time.wall, vcpu.parts?.accounted ?? 0)
      let missing = own > accounted ? own - accounted : accounted - own
      wall &+= own
      gap &+= missing
      worstShare = max(worstShare, Double(missing) / Double(own))
    }
    guard wall > 0 else { return nil }
  }
}
