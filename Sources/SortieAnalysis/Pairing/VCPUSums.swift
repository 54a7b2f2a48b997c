/// What a vCPU did, in numbers that add up.
struct VCPUSums: Equatable {
  /// Returns of `KVM_RUN`, kicks included.
  var roundTrips: UInt64 = 0
  var kicks: UInt64 = 0
  /// Writes that KVM batched; no round trip of their own.
  var coalesced: UInt64 = 0
  /// Round trips and exits whose reason has no name.
  var unknown: UInt64 = 0
  /// Round trips without `u0`.
  var unstamped: UInt64 = 0
  /// Stamps before the one before them, of any kind.
  var inversions: UInt64 = 0
  var foldedInstructions: UInt64 = 0
  /// Events of sites and of reasons that the bounded tables folded together.
  var foldedSites: UInt64 = 0
  /// The time that was observed, cycles.
  var wall: UInt64 = 0
  /// Of it in the VMM, cycles.
  var vmm: UInt64 = 0
  /// Of it inside `KVM_RUN`, cycles.
  var kvmRun: UInt64 = 0
  /// Where it went; all 0 without events of the kernel.
  var parts = TimeParts()
  var tally = EpisodeTally()

  init() {}

  /// What was measured of it, the wall time as `time` says; `parts` nil: there are no events of the kernel.
  init(_ timeline: VCPUTimeline, time: VCPUTime, parts: TimeParts?) {
    roundTrips = timeline.roundTrips
    kicks = timeline.kicks
    coalesced = timeline.coalesced
    unstamped = timeline.unstamped
    unknown = timeline.unknownReasons
    inversions = timeline.pairing.inversions &+ timeline.pairing.tally.spansInverted
    foldedInstructions = timeline.table.foldedInstructions
    foldedSites = timeline.table.foldedSites
    (wall, vmm, kvmRun) = (time.wall, time.vmm, time.kvmRun)
    guard let episodes = timeline.episodes, episodes.tally.events > 0 else { return }
    unknown &+= episodes.unknownReasons
    tally = episodes.tallySoFar
    inversions &+= tally.inversions
    foldedSites &+= timeline.light.folded
    self.parts = parts ?? TimeParts()
  }

  /// Round trips that the guest caused.
  var heavy: UInt64 { roundTrips - min(roundTrips, kicks) }

  /// Exits or entries were reported.
  var hasHardwareExits: Bool { tally.exits.total &+ tally.entries.total > 0 }
}

extension VCPUSums: NamedSums {
  static var fields: [NamedField<VCPUSums>] {
    [
      NamedField("round_trips", \.roundTrips), NamedField("kicks", \.kicks),
      NamedField("coalesced", \.coalesced), NamedField("unknown", \.unknown),
      NamedField("unstamped", \.unstamped), NamedField("inversions", \.inversions),
      NamedField("folded_instructions", \.foldedInstructions), NamedField("folded_sites", \.foldedSites),
      NamedField("wall", \.wall), NamedField("vmm", \.vmm), NamedField("kvm_run", \.kvmRun),
    ] + TimeParts.fields("time_", in: \.parts) + EpisodeTally.fields("kernel_", in: \.tally)
  }
}
