/// One VM and the run in it.
public struct VMSummary: Sendable, Equatable {
  /// VM index.
  public var vm: UInt32
  /// Attributes of the VM and of its run.
  public var attributes: Attributes
  /// Returns of `KVM_RUN`, kicks included.
  public var roundTrips: UInt64 = 0
  /// Round trips caused from outside.
  public var kicks: UInt64 = 0
  /// Writes that KVM batched.
  public var coalesced: UInt64 = 0
  /// Time of its vCPU threads.
  public var time = Totals.Time()
  /// What KVM's statistic `exits` counted; nil without two snapshots.
  public var kvmCounterExits: UInt64?
  /// State that KVM switches only when it must; nil where nothing tells.
  public var lazyState: LazyState?
  /// What the guest stamped; nil if it stamped nothing.
  public var operation: OperationSummary?

  /// The workload's name, the guest's path, or what the VM is called; nil if the trace names none of them.
  public var name: String? { attributes["workload"] ?? attributes["guest"] ?? attributes["name"] }

  /// It is a PC, which booted a kernel.
  public var isPC: Bool { attributes["boot_protocol"] != nil }
}

/// The operations a guest stamped.
public struct OperationSummary: Sendable, Equatable {
  /// What became of the spans.
  public var pairing: PairingTally
  /// `g1 - g0` of spans with a round trip inside, host cycles.
  public var withRoundTrips: CycleSummary
  /// `g1 - g0` of spans with none, host cycles.
  public var withoutRoundTrip: CycleSummary
  /// `g1 - g0` of both, host cycles.
  public var all: CycleSummary
  /// Where the time of those with round trips went.
  public var split: SplitSummary?
  /// What those with round trips are made of: all of them, and where there are enough, the usual ones and the tail.
  public var compositions: [Composition]
  /// The stages of those with round trips, by length; empty without events of the kernel.
  public var withRoundTripsStages: [StageBand]
  /// The stages of those whose exits were all light, by length; empty without events of the kernel.
  public var withoutRoundTripStages: [StageBand]
  /// What became of the spans where stages are known; nil without exits reported by the kernel.
  public var staging: StageTally?
  /// How the run's attributes class the operation: `light`, `heavy`, `guest` (no exit) or `none` (no operation).
  public var declaredClass: String?

  /// Round trips an operation, mean over the spans that were paired or had none; nil if there were neither.
  public var roundTripsPerOperation: Double? {
    let spans = pairing.spansWithRoundTrips + pairing.spansWithout
    return spans > 0 ? Double(pairing.roundTripsPaired) / Double(spans) : nil
  }
}

/// One vCPU.
public struct VCPUSummary: Sendable, Equatable {
  /// VM index.
  public var vm: UInt32
  /// vCPU index within its VM.
  public var vcpu: UInt32
  /// Where its thread's time went.
  public var time: VCPUTime
  /// Returns of `KVM_RUN` that the guest caused.
  public var heavy: UInt64
  /// Returns of `KVM_RUN` caused from outside.
  public var kicks: UInt64
  /// Durations in the VMM of what the guest caused.
  public var cycles: CycleSummary
  /// What became of its spans and round trips.
  public var pairing: PairingTally
  /// What became of the kernel's events; nil without.
  public var kernel: EpisodeTally?
  /// Where its thread's time went; nil without events of the kernel.
  public var parts: TimeParts?
  /// What the scheduler says of that time; nil where it was not read.
  public var scheduler: SchedulerAgreement?
}
