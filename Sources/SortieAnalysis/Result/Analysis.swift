public import SortieTrace

/// What a trace says, ready to be rendered.
public struct Analysis: Sendable {
  /// Attributes of the host that recorded.
  public var host: Attributes
  /// What stamps and durations count.
  public var unit = StampUnit.cycles
  /// What is known of round trips.
  public var trips = RoundTripEvidence.stamped
  /// Which exits sites, reasons and instructions are of.
  public var siteScope = SiteScope.wholeRuns
  /// Histograms and sums are all that was kept: what single events tell is not there.
  public var isAggregate = false
  /// Of an aggregate, sites and vCPUs that were not read.
  var unread: UInt64 = 0
  /// Of an aggregate, cycles between the first and the last event of its vCPUs in which they were not observed, summed.
  var unobserved: UInt64 = 0
  /// When threads were off the CPU and asleep is known, where nothing was lost.
  public var knowsSchedule = true
  /// Stamps a millisecond: the TSC frequency of that host, kHz, or what a clock of ns counts; nil if unknown.
  public var tscKilohertz: UInt64?
  /// Sums over everything.
  public var totals: Totals
  /// The VMs, by index.
  public var vms: [VMSummary]
  /// The sites of all VMs, dearest first.
  public var sites: [SiteCost]
  /// The reasons of all VMs, dearest first.
  public var reasons: [ReasonCost]
  /// Exits of all VMs by hardware reason, most first; empty without `kvm_exit` events.
  public var exits: [ExitCounts]
  /// What KVM did for the guests of all VMs, most often first; empty without details.
  public var kernelEvents: [KernelEventCount]
  /// The instructions of all VMs, dearest first.
  public var instructions: [InstructionCost]
  /// The devices, by VM, dearest first.
  public var devices: [DeviceSummary] = []
  /// The vCPUs, by VM and index.
  public var vcpus: [VCPUSummary]
  /// Light exits against heavy ones.
  public var classes: ClassCosts
  /// What machine monitors that were attached to called between `u0` and `u1`, dearest first; empty where none was.
  public var systemCalls: [SystemCallCost]
  /// What probes cost in this run.
  public var probeCosts: [ProbeCostRow]
  /// Ranges in which events are missing.
  public var losses: [LossRow]
  /// Where shown times count from, as ``TraceTables/origin(in:)`` says.
  public var origin: UInt64?
  /// Whether the figures stand up to what was checked.
  public var checks: [TrustCheck] = []
  /// What the figures can be trusted for.
  public var ledger: [LedgerLine] = []

  /// Whether KVM executes guest code by emulation, as the recorder measured; nil if it did not.
  public var emulatesGuestCode: Bool? { host.flag("emulated_guest_code") }
}
