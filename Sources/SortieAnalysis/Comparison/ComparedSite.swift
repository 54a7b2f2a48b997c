import SortieTrace

/// What an exit was about: exits of two traces that agree in this are of the same site.
public struct ComparedSite: Sendable, Hashable {
  /// The run it belongs to; nil where a trace is compared as one.
  public var workload: String?
  /// Light or heavy.
  public var exitClass: ExitClass
  /// KVM's name of the reason, the vendor's for light exits.
  public var reason: String
  /// The access in words: `pio write 0x3f8/1`.
  public var site: String
  /// The device model that was entered.
  public var device: String?
}

/// What a site cost on one side.
public struct SiteFigures: Sendable, Equatable {
  /// Exits, timed or not.
  public private(set) var exits: UInt64 = 0
  /// Those that were timed.
  private var timed: UInt64 = 0
  /// Their `u0..u1`, of light ones `k0..k2`, summed, cycles.
  private var cycles: UInt64 = 0
  private var medians: [UInt64] = []
  /// The five stages; nil without events of the kernel.
  public private(set) var stages: StageSummary?

  /// Nothing yet.
  init() {}

  mutating func add(_ row: SiteCost) {
    exits &+= row.count
    timed &+= row.cycles.count
    cycles = cycles.addingSaturated(row.cycles.sum)
    if let median = row.cycles.p50 { medians.append(median) }
    add(row.stages)
  }

  mutating func add(_ other: SiteFigures) {
    exits &+= other.exits
    timed &+= other.timed
    cycles = cycles.addingSaturated(other.cycles)
    medians += other.medians
    add(other.stages)
  }

  private mutating func add(_ other: StageSummary?) {
    guard let other else { return }
    if stages == nil { stages = other } else { stages?.add(other) }
  }

  /// Mean over what was timed, of `u0..u1` or, of light exits, `k0..k2`, cycles; nil where nothing was.
  public var mean: Double? { timed > 0 ? Double(cycles) / Double(timed) : nil }

  /// The median of the same, cycles; of several runs the median of theirs.
  public var median: UInt64? { medians.isEmpty ? nil : medians.sorted()[(medians.count - 1) / 2] }

  /// On the CPU from the exit to the entry after it, mean cycles: the stages between `k0` and `k2`, without blocked and
  /// off-CPU time; nil without events of the kernel.
  public var exitToEntry: Double? { stages.map { $0.switching + $0.kernel + $0.vmm } }
}

extension StageSummary {
  /// Takes in what another run measured: means weigh as much as what they are over. What operations told outweighs what
  /// episodes told, which lack two stages.
  mutating func add(_ other: StageSummary) {
    guard population == other.population else {
      if other.population == .operations { self = other }
      return
    }
    let (own, theirs) = (Double(count), Double(other.count))
    func mean(_ a: Double, _ b: Double) -> Double { (a * own + b * theirs) / (own + theirs) }
    if let a = exitPath, let b = other.exitPath { exitPath = mean(a, b) }
    if let a = entryPath, let b = other.entryPath { entryPath = mean(a, b) }
    switching = mean(switching, other.switching)
    kernel = mean(kernel, other.kernel)
    vmm = mean(vmm, other.vmm)
    device = mean(device, other.device)
    guest = mean(guest, other.guest)
    blocked = mean(blocked, other.blocked)
    offCPU = mean(offCPU, other.offCPU)
    count &+= other.count
  }
}
