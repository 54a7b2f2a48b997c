import SortieTrace

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
  /// `kvm_exit` events; nil without.
  public var exitEvents: UInt64?
  /// Guest spans.
  public var spans: UInt64 = 0
  /// Events known to be lost.
  public var lost: UInt64 = 0
  /// Ranges in which an unknown number of events is missing.
  public var lossesOfUnknownCount: UInt64 = 0
  /// Events that filters left out while recording.
  public var leftOutEvents: UInt64 = 0
  /// Operations they made.
  public var leftOutOperations: UInt64 = 0
  /// Events that were left out because the file was to hold no more than so many bytes.
  public var cutEvents: UInt64 = 0
  /// What KVM's statistic `exits` counted, of all VMs; nil without two snapshots of each that ran.
  public var kvmCounterExits: UInt64?
  /// That statistic counts exits on this host.
  public var counterComparable = false
  /// Round trips and exits whose reason this version does not know.
  public var unknown: UInt64 = 0
  /// Events of any kind out of order.
  public var inversions: UInt64 = 0
  /// Events of the kernel that stood where none of their kind could, without a loss that explains it.
  public var misplaced: UInt64 = 0
  /// Round trips without a stamp.
  public var unstamped: UInt64 = 0
  /// Events of instructions that the bounded table folded together.
  public var foldedInstructions: UInt64 = 0
  /// Events of sites and of reasons that the bounded table folded together.
  public var foldedSites: UInt64 = 0
  /// Time of all vCPU threads.
  public var time = Time()
  /// The same by parts; nil without events of the kernel.
  public var parts: TimeParts?
  /// What the scheduler says of that time; nil where it was not read.
  public var scheduler: SchedulerAgreement?

  /// Time of several vCPU threads, cycles.
  public struct Time: Sendable, Equatable {
    /// From the first to the last `KVM_RUN`, summed.
    public var wall: UInt64 = 0
    /// In the VMM.
    public var vmm: UInt64 = 0
    /// Inside `KVM_RUN`.
    public var kvmRun: UInt64 = 0
    /// In either, while operations were left out that filters did not want.
    public var leftOut: UInt64 = 0
    /// In neither, because events are missing.
    public var unaccounted: UInt64 = 0
    /// Counted twice, because round trips overlap.
    public var overcounted: UInt64 = 0

    /// No time at all.
    public init() {}

    /// The time of one vCPU thread.
    public init(_ time: VCPUTime) { add(time) }

    mutating func add(_ time: VCPUTime) {
      wall &+= time.wall
      vmm &+= time.vmm
      kvmRun &+= time.kvmRun
      leftOut &+= time.leftOut
      unaccounted &+= time.unaccounted
      overcounted = overcounted.addingSaturated(time.overcounted)
    }
  }
}
