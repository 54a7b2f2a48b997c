import SortieTrace

/// Where the time of a vCPU thread went between its first and its last `KVM_RUN`, TSC cycles.
public struct VCPUTime: Sendable, Equatable {
  /// The first `KVM_RUN` was entered, host TSC; 0 if no event says so.
  public var first: UInt64 = 0
  /// The last `KVM_RUN` returned, or was about to be entered again when the recording stopped, host TSC.
  public var last: UInt64 = 0
  /// In the VMM: `u0` to `u1`.
  public var vmm: UInt64 = 0
  /// Inside `KVM_RUN`: `u1` to the next `u0`; the guest, the kernel, and blocked time, which these stamps cannot tell apart.
  public var kvmRun: UInt64 = 0

  /// In either, while operations were left out that filters did not want.
  public var leftOut: UInt64 = 0

  /// No time at all.
  public init() {}

  /// From the first to the last `KVM_RUN`.
  public var wall: UInt64 { last >= first ? last - first : 0 }

  /// In neither: events are missing there, or stamps are out of order.
  public var unaccounted: UInt64 { wall > known ? wall - known : 0 }

  /// More than there was: round trips overlap, so that what they cover is counted twice.
  public var overcounted: UInt64 { known > wall ? known - wall : 0 }

  private var known: UInt64 { vmm.addingSaturated(kvmRun).addingSaturated(leftOut) }
}
