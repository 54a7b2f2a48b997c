/// What one site of a VM or a vCPU cost in an interval, or all sites of one reason together.
public struct LiveSite: Sendable, Equatable {
  /// Name of the reason: KVM's of heavy exits, the vendor's of light ones.
  public var reason: String
  /// The site in words; nil where it is all of a reason.
  public var site: String?
  /// What the exits led to.
  public var exitClass: ExitClass
  /// What the durations are measured over: `u0..u1` of heavy ones and kicks, `k0..k2` of light ones.
  public var interval: CostInterval
  /// Exits.
  public var count: UInt64
  /// Figures of the durations.
  public var cycles: CycleSummary
  /// Their sum over the time of the vCPU threads; nil where that is not known.
  public var share: Double?
  /// Mean stages of the exits, where the kernel reports them.
  public var stages: StageSummary?
  /// Of heavy exits, means of the stages around user space, where the kernel's stamps of the way there and back are there.
  public var switches: Switches?

  /// Means of two stages of a round trip, cycles on the CPU.
  public struct Switches: Sendable, Equatable {
    /// Stage 2: to user space and back.
    public var switching: Double
    /// Stage 4: the machine monitor.
    public var vmm: Double

    /// Stages of these means.
    public init(switching: Double, vmm: Double) { (self.switching, self.vmm) = (switching, vmm) }

    init?(_ sums: SwitchSums) {
      guard sums.count > 0 else { return nil }
      switching = Double(sums.cycles) / Double(sums.count)
      vmm = Double(sums.vmm) / Double(sums.count)
    }
  }

  /// A site with these figures.
  public init(
    reason: String, site: String?, exitClass: ExitClass, interval: CostInterval, count: UInt64,
    cycles: CycleSummary, share: Double?, stages: StageSummary? = nil, switches: Switches? = nil
  ) {
    self.reason = reason
    self.site = site
    self.exitClass = exitClass
    self.interval = interval
    self.count = count
    self.cycles = cycles
    self.share = share
    self.stages = stages
    self.switches = switches
  }
}

/// What a VM or a vCPU did in an interval.
public struct LiveFigures: Sendable, Equatable {
  /// The time of its vCPU threads that was observed, summed, cycles.
  public var wall: UInt64 = 0
  /// Exits of the guest; nil where the kernel does not report them.
  public var exits: UInt64?
  /// Of the exits that ended, those handled in the kernel; nil where it does not report them.
  public var light: UInt64?
  /// Returns of `KVM_RUN` that the guest caused.
  public var heavy: UInt64 = 0
  /// Returns of `KVM_RUN` that something else caused.
  public var kicks: UInt64 = 0
  /// Events of the kernel.
  public var events: UInt64 = 0
  /// Where the time went; nil where nothing has told yet.
  public var parts: TimeParts?
  /// By site, dearest first.
  public var sites: [LiveSite] = []
  /// By reason, dearest first.
  public var reasons: [LiveSite] = []

  /// Nothing.
  public init() {}

  /// Takes in another vCPU, but for its sites.
  mutating func add(_ other: LiveFigures) {
    wall &+= other.wall
    if let more = other.exits { exits = (exits ?? 0) &+ more }
    if let more = other.light { light = (light ?? 0) &+ more }
    heavy &+= other.heavy
    kicks &+= other.kicks
    events &+= other.events
    guard let more = other.parts else { return }
    var sum = parts ?? TimeParts()
    sum.add(more)
    parts = sum
  }
}

/// A vCPU in an interval.
public struct LiveVCPU: Sendable, Equatable {
  /// Its number in the VM.
  public var vcpu: UInt32
  /// What it did.
  public var figures: LiveFigures

  /// A vCPU that did this.
  public init(vcpu: UInt32, figures: LiveFigures) {
    self.vcpu = vcpu
    self.figures = figures
  }
}

/// A VM in an interval.
public struct LiveVM: Sendable, Equatable {
  /// Its number.
  public var vm: UInt32
  /// What all its vCPUs did.
  public var figures: LiveFigures
  /// Its vCPUs, by number.
  public var vcpus: [LiveVCPU]

  /// A VM that did this.
  public init(vm: UInt32, figures: LiveFigures, vcpus: [LiveVCPU]) {
    self.vm = vm
    self.figures = figures
    self.vcpus = vcpus
  }
}
