/// What a trace says, ready to be rendered.
public struct Analysis: Sendable {
  /// Attributes of the host that recorded.
  public var host: Attributes
  /// TSC frequency of that host, kHz; nil if unknown.
  public var tscKilohertz: UInt64?
  /// Sums over everything.
  public var totals: Totals
  /// The VMs, by index.
  public var vms: [VMRow]
  /// The sites of all VMs, dearest first.
  public var sites: [SiteRow]
  /// The reasons of all VMs, dearest first.
  public var reasons: [ReasonRow]
  /// The instructions of all VMs, dearest first.
  public var instructions: [InstructionRow]
  /// The vCPUs, by VM and index.
  public var vcpus: [VCPURow]
  /// What probes cost in this run.
  public var probeCosts: [ProbeCost]
  /// Ranges in which events are missing.
  public var losses: [Loss]
  /// What the figures can be trusted for.
  public var ledger: [LedgerLine] = []

  /// Whether KVM executes guest code by emulation, as the recorder measured; nil if it did not.
  public var emulatesGuestCode: Bool? { host.flag("emulated_guest_code") }
}

/// Sums over all vCPUs of a trace.
public struct Totals: Sendable, Equatable {
  /// Returns of `KVM_RUN`, kicks included.
  public var roundTrips: UInt64 = 0
  /// Round trips that the guest caused.
  public var heavy: UInt64 = 0
  /// Round trips caused from outside.
  public var kicks: UInt64 = 0
  /// Writes that KVM batched: they have no round trip of their own.
  public var coalesced: UInt64 = 0
  /// Exits of guests to their re-entry; nil without kernel events.
  public var episodes: UInt64?
  /// Episodes without a round trip; nil without kernel events.
  public var light: UInt64?
  /// Guest spans.
  public var spans: UInt64 = 0
  /// Events known to be lost.
  public var lost: UInt64 = 0
  /// Ranges in which an unknown number of events is missing.
  public var lossesOfUnknownCount: UInt64 = 0
  /// What KVM's statistic `exits` counted; nil without two snapshots.
  public var kvmCounterExits: UInt64?
  /// That statistic counts exits on this host.
  public var counterComparable = false
  /// Round trips whose reason this version does not know.
  public var unknown: UInt64 = 0
  /// Round trips and spans out of order.
  public var inversions: UInt64 = 0
  /// Round trips without a stamp.
  public var unstamped: UInt64 = 0
  /// Events of instructions that the bounded table folded together.
  public var foldedInstructions: UInt64 = 0
  /// Events of sites that the bounded table folded together.
  public var foldedSites: UInt64 = 0
  /// Time of all vCPU threads.
  public var time = Time()

  /// Time of several vCPU threads, cycles.
  public struct Time: Sendable, Equatable {
    /// From the first to the last `KVM_RUN`, summed.
    public var wall: UInt64 = 0
    /// In the VMM.
    public var vmm: UInt64 = 0
    /// Inside `KVM_RUN`.
    public var kvmRun: UInt64 = 0
    /// In neither, because events are missing.
    public var unaccounted: UInt64 = 0

    /// No time at all.
    public init() {}

    /// The time of one vCPU thread.
    public init(_ time: VCPUTime) { add(time) }

    mutating func add(_ time: VCPUTime) {
      wall &+= time.wall
      vmm &+= time.vmm
      kvmRun &+= time.kvmRun
      unaccounted &+= time.unaccounted
    }
  }
}

/// One VM and the run in it.
public struct VMRow: Sendable, Equatable {
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
  /// What the guest stamped; nil if it stamped nothing.
  public var operation: OperationRow?

  /// The workload's name, or the guest's path; nil if the trace names neither.
  public var name: String? { attributes["workload"] ?? attributes["guest"] }
}

/// The operations a guest stamped.
public struct OperationRow: Sendable, Equatable {
  /// What became of the spans.
  public var pairing: PairingTally
  /// `g1 - g0` of spans with a round trip inside, host cycles.
  public var withRoundTrips: CycleSummary
  /// `g1 - g0` of spans with none, host cycles.
  public var withoutRoundTrip: CycleSummary
  /// Where the time of those with round trips went.
  public var split: SplitSummary?
  /// How the run's attributes class the operation: `light`, `heavy` or `none`.
  public var declaredClass: String?

  /// Round trips an operation, mean over the spans that were paired or had none; nil if there were neither.
  public var roundTripsPerOperation: Double? {
    let spans = pairing.spansWithRoundTrips + pairing.spansWithout
    return spans > 0 ? Double(pairing.roundTripsPaired) / Double(spans) : nil
  }
}

/// A sentence on what the figures can be trusted for.
public struct LedgerLine: Sendable, Equatable {
  /// How much it matters.
  public enum Kind: String, Sendable {
    /// Holds as expected.
    case fact
    /// Something that could not be known here.
    case missing
    /// Something that makes figures less than they seem.
    case warning
  }

  /// How much it matters.
  public var kind: Kind
  /// The sentence.
  public var text: String
}
