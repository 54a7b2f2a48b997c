import SortieTrace

/// What a guest's own stamps say of its operations, `g0..g1`, on one side of a comparison.
public struct GuestFigures: Sendable, Equatable {
  /// Spans stamped.
  public private(set) var allSpans: UInt64 = 0
  /// Of those, the ones that were paired, which all figures are of.
  public private(set) var spans: UInt64 = 0
  /// Round trips inside them.
  public private(set) var roundTrips: UInt64 = 0
  /// Spans whose exits are all known; nil without the kernel's events of them.
  public private(set) var staged: UInt64?
  /// Exits inside those which the kernel handled, interrupts of the host apart.
  public private(set) var lightExits: UInt64 = 0
  private var cycles: UInt64 = 0
  private var medians: [UInt64] = []
  /// The five stages of all spans with an exit inside; nil without events of the kernel.
  public private(set) var stages: StageSummary?
  /// The way out, the VMM and the way back of those with a round trip; nil where none has one.
  public private(set) var composition: Composition?

  /// What the guest of `vm` stamped; nil where it stamped nothing, or nothing between its stamps.
  init?(_ vm: VMSummary) {
    guard let operation = vm.operation, operation.declaredClass != "none" else { return nil }
    guard let median = operation.all.p50 else { return nil }
    allSpans = operation.pairing.spans
    spans = operation.all.count
    cycles = operation.all.sum
    roundTrips = operation.pairing.roundTripsPaired
    medians = [median]
    if let staging = operation.staging {
      staged = staging.staged &+ staging.withoutExit
      lightExits = staging.lightExits
    }
    stages = operation.withRoundTripsStages.first?.stages
    if let light = operation.withoutRoundTripStages.first?.stages {
      if stages == nil { stages = light } else { stages?.add(light) }
    }
    composition = operation.compositions.first
  }

  mutating func add(_ other: GuestFigures) {
    allSpans &+= other.allSpans
    spans &+= other.spans
    roundTrips &+= other.roundTrips
    staged = staged.flatMap { own in other.staged.map { own &+ $0 } }
    lightExits &+= other.lightExits
    cycles = cycles.addingSaturated(other.cycles)
    medians += other.medians
    if stages == nil { stages = other.stages } else if let added = other.stages { stages?.add(added) }
    if composition == nil {
      composition = other.composition
    } else if let added = other.composition {
      composition?.add(added)
    }
  }

  /// Mean, cycles.
  public var mean: Double { Double(cycles) / Double(max(spans, 1)) }

  /// Median, cycles; of several runs the median of theirs.
  public var median: UInt64? { medians.isEmpty ? nil : medians.sorted()[(medians.count - 1) / 2] }
}

extension Composition {
  /// Takes in what another run measured: shares weigh as much as the time they are shares of.
  mutating func add(_ other: Composition) {
    let (own, theirs) = (Double(operations) * meanCycles, Double(other.operations) * other.meanCycles)
    guard own + theirs > 0 else { return }
    func share(_ a: Double, _ b: Double) -> Double { (a * own + b * theirs) / (own + theirs) }
    guestToHost = share(guestToHost, other.guestToHost)
    vmm = share(vmm, other.vmm)
    between = share(between, other.between)
    hostToGuest = share(hostToGuest, other.hostToGuest)
    offCPU = offCPU.flatMap { a in other.offCPU.map { share(a, $0) } }
    blocked = blocked.flatMap { a in other.blocked.map { share(a, $0) } }
    operations &+= other.operations
    meanCycles = (own + theirs) / Double(operations)
  }
}
