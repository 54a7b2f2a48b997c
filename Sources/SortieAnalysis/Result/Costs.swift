/// What one site cost: the cells of a row all come from one tier and one interval; `split` joins guest and VMM stamps, and
/// `stages` those of the kernel besides.
public struct SiteCost: Sendable, Equatable {
  /// VM index.
  public var vm: UInt32
  /// KVM's name of the reason, the vendor's for light exits, `operation` for what the guest stamped, `kick`, or `other`.
  public var reason: String
  /// The access in words: `pio write 0x3f8/1`, `guest cpuid`.
  public var site: String
  /// Of light exits, what tells this one from others of its reason: `write IA32_TSC_DEADLINE`; nil where nothing does.
  public var detail: String? = nil
  /// Light, heavy or kick.
  public var exitClass: ExitClass
  /// The device model that was entered.
  public var device: String?
  /// Where the numbers come from.
  public var tier: EvidenceTier
  /// What `cycles` is measured over.
  public var interval: CostInterval
  /// Events, timed or not.
  public var count: UInt64
  /// Events a second from the first to the last `KVM_RUN` of any vCPU of its VM; nil if that time is unknown.
  public var rate: Double?
  /// Sum of the durations over the time of its VM's vCPU threads, 0 to 1; nil where none was timed.
  public var vcpuTimeShare: Double?
  /// Durations of those that have both stamps.
  public var cycles: CycleSummary
  /// Elements a string instruction handed over per event, mean; nil where it has no meaning.
  public var meanElements: Double?
  /// Inside the device model, mean cycles; nil where none was entered.
  public var meanDeviceCycles: Double?
  /// Where the time of the guest's operation went; nil without guest stamps around this site alone.
  public var split: SplitSummary?
  /// The longest of `cycles`, longest first, and why they took so long.
  public var longest: [Outlier] = []
  /// The five stages; nil without events of the kernel.
  public var stages: StageSummary? = nil
  /// `(u0 - f0) + (f1 - u1)`, on the CPU, mean cycles over all round trips of the site; nil where that is not known.
  public var meanSwitchCycles: Double? = nil
}

/// The parts of a guest's operation with a round trip inside, cycles.
public struct SplitSummary: Sendable, Equatable {
  /// `u0 - g0`: from the instruction to the VMM.
  public var guestToHost: CycleSummary
  /// `u1 - u0`: in the VMM, summed over the round trips of an operation.
  public var vmm: CycleSummary
  /// Inside `KVM_RUN` between two round trips of one operation; 0 where it has one.
  public var between: CycleSummary
  /// `g1 - u1`: from the VMM back to the instruction after.
  public var hostToGuest: CycleSummary

  /// The summary; nil if no operation was paired.
  init?(_ split: SpanSplit) {
    guard split.vmm.count > 0 else { return nil }
    guestToHost = split.guestToHost.summary
    vmm = split.vmm.summary
    between = split.between.summary
    hostToGuest = split.hostToGuest.summary
  }
}

/// What all sites of one reason cost.
public struct ReasonCost: Sendable, Equatable {
  /// VM index.
  public var vm: UInt32
  /// KVM's name of the reason, the vendor's for light exits.
  public var reason: String
  /// Light, heavy or kick.
  public var exitClass: ExitClass
  /// Where the numbers come from.
  public var tier: EvidenceTier
  /// What `cycles` is measured over.
  public var interval: CostInterval
  /// Events, timed or not.
  public var count: UInt64
  /// Events a second from the first to the last `KVM_RUN` of any vCPU of its VM; nil if that time is unknown.
  public var rate: Double?
  /// Sum of the durations over the time of its VM's vCPU threads, 0 to 1; nil where none was timed.
  public var vcpuTimeShare: Double?
  /// Durations of those that have both stamps.
  public var cycles: CycleSummary
}

/// What the round trips of one instruction cost in the VMM.
public struct InstructionCost: Sendable, Equatable {
  /// VM index.
  public var vm: UInt32
  /// Guest RIP, as the round trips report it.
  public var rip: UInt64
  /// What it points at.
  public var ripKind: RIPKind
  /// Symbol and offset, from the guest's ELF.
  public var symbol: String?
  /// The site it reaches.
  public var site: String
  /// Light, heavy or kick.
  public var exitClass: ExitClass
  /// Events, timed or not.
  public var count: UInt64
  /// Events a second from the first to the last `KVM_RUN` of any vCPU of its VM; nil if that time is unknown.
  public var rate: Double?
  /// Sum of the durations over the time of its VM's vCPU threads, 0 to 1; nil where none was timed.
  public var vcpuTimeShare: Double?
  /// Durations in the VMM.
  public var cycles: CycleSummary
}
