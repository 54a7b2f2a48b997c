import SortieTrace

/// Gathers what the timelines measured, to make rows of it.
struct AnalysisBuilder {
  let tables: TraceTables
  private(set) var totals = Totals()
  private(set) var vms: [UInt32: VMSummary] = [:]
  private(set) var vcpus: [VCPUSummary] = []
  /// From the first to the last `KVM_RUN` of a VM's vCPUs, host TSC.
  private(set) var running: [UInt32: ClosedRange<UInt64>] = [:]
  private(set) var operations: [UInt32: Operations] = [:]
  private(set) var sites: [SiteID: SiteTotals] = [:]
  private(set) var instructions: [InstructionID: CellTotals] = [:]
  private(set) var light: [LightID: LightTotals] = [:]
  private(set) var exits: [ExitID: ExitReasonTable.Counts] = [:]
  private(set) var details: [UInt32: DetailTable] = [:]
  /// System calls between round trips, by VM; only of VMs that no machine monitor stamped.
  private(set) var systemCalls: [UInt32: SystemCallTable] = [:]

  /// Cells of all vCPUs together: it bounds memory to some hundreds of MiB whatever a trace holds.
  static let cellLimit = 2048

  /// Rows of light exits of all vCPUs together, to the same end.
  private static let lightLimit = 4096

  struct SiteID: Hashable {
    var vm: UInt32
    var key: SiteKey
  }

  /// Light exits of one reason; without a key, of all that the bounded table folded together.
  struct LightID: Hashable {
    var vm: UInt32
    var key: LightKey?
  }

  struct ExitID: Hashable {
    var vm: UInt32
    var reason: HardwareExitReason?
  }

  struct LightTotals {
    var cycles = Distribution()
    var stages = SiteStages()
    var longest = LongestList()
  }

  struct InstructionID: Hashable {
    var site: SiteID
    var rip: UInt64
    var ripKind: RIPKind
  }

  struct CellTotals {
    var count: UInt64 = 0
    var elements: UInt64 = 0
    var cycles = Distribution()
    var deviceCycles: UInt64 = 0
    var deviceCount: UInt64 = 0

    mutating func add(_ cell: Cell) {
      count &+= cell.count
      elements &+= cell.elements
      cycles.add(cell.cycles)
      deviceCycles &+= cell.deviceCycles
      deviceCount &+= cell.deviceCount
    }
  }

  struct SiteTotals {
    var cells = CellTotals()
    var longest = LongestList()
    var split = SpanSplit()
    var stages = SiteStages()
    var switches = SwitchSums()
  }

  struct Operations {
    var pairing = PairingTally()
    var withRoundTrips = Distribution()
    var without = Distribution()
    var longestWithRoundTrips = LongestList()
    var longestWithout = LongestList()
    var split = SpanSplit()
    var bands = CompositionBands()
    var staging: StageTally?
    var stagesWithRoundTrips = StageBands()
    var stagesWithout = StageBands()
  }

  /// `k0..k2` of heavy episodes, all VMs.
  private(set) var heavyEpisodes = Distribution()
  private var usedCells = 0
  private var usedLight = 0

  init(_ tables: TraceTables) {
    self.tables = tables
    for (vm, attributes) in tables.vms {
      vms[vm] = VMSummary(
        vm: vm, attributes: attributes, kvmCounterExits: tables.counters.growth(of: .exits, vm: vm))
    }
  }

  /// Cells the next vCPU may have.
  var remainingCells: Int { max(Self.cellLimit - usedCells, 1) }

  /// Rows of light exits the next vCPU may have.
  var remainingLight: Int { max(Self.lightLimit - usedLight, 1) }

  mutating func add(_ calls: SystemCallTable, of streams: VCPUStreams) {
    systemCalls[streams.vm, default: SystemCallTable()].add(calls)
  }

  /// Where the stamps `u0` and `u1` of a VM come from.
  func tripTier(of vm: UInt32) -> EvidenceTier {
    systemCalls[vm] == nil && tables.trips.isTimed ? .vmm : .kernel
  }

  /// What the round trips of a site are timed by.
  var tripInterval: CostInterval { tables.trips.isTimed ? .vmm : .exitToEntry }

  mutating func add(_ timeline: VCPUTimeline, of streams: VCPUStreams) {
    let vm = streams.vm
    usedCells += timeline.table.cells.count
    usedLight += timeline.light.rows.count
    totals.roundTrips &+= timeline.roundTrips
    totals.kicks &+= timeline.kicks
    totals.heavy &+= timeline.roundTrips - timeline.kicks
    totals.coalesced &+= timeline.coalesced
    totals.unknown &+= timeline.unknownReasons
    totals.unstamped &+= timeline.unstamped
    totals.inversions &+= timeline.pairing.inversions &+ timeline.pairing.tally.spansInverted
    totals.foldedInstructions &+= timeline.table.foldedInstructions
    totals.foldedSites &+= timeline.table.foldedSites
    totals.leftOutEvents &+= timeline.leftOut.events
    totals.leftOutOperations &+= timeline.leftOut.operations
    totals.spans &+= timeline.pairing.tally.spans
    totals.time.add(timeline.time)
    var row =
      vms[vm]
      ?? VMSummary(
        vm: vm, attributes: Attributes(), kvmCounterExits: tables.counters.growth(of: .exits, vm: vm))
    row.roundTrips &+= timeline.roundTrips
    row.kicks &+= timeline.kicks
    row.coalesced &+= timeline.coalesced
    row.time.add(timeline.time)
    vms[vm] = row
    if timeline.time.wall > 0 {
      let (first, last) = (timeline.time.first, timeline.time.last)
      running[vm] = min(running[vm]?.lowerBound ?? first, first)...max(running[vm]?.upperBound ?? last, last)
    }
    let agreement = agreement(of: timeline, streams)
    let parts = timeline.episodes.flatMap { $0.tally.events > 0 ? $0.parts : nil }
    if let parts {
      var sum = totals.parts ?? TimeParts()
      sum.add(parts)
      totals.parts = sum
    }
    addKernelSide(of: timeline, streams)
    if let agreement {
      var sum = totals.scheduler ?? SchedulerAgreement()
      sum.add(agreement)
      totals.scheduler = sum
    }
    if timeline.pairing.tally.spans > 0 {
      operations[vm, default: Operations()].pairing.add(timeline.pairing.tally)
      operations[vm, default: Operations()].withRoundTrips.add(timeline.pairing.withRoundTrips)
      operations[vm, default: Operations()].without.add(timeline.pairing.without)
      operations[vm, default: Operations()].longestWithRoundTrips.add(
        timeline.pairing.longestWith, vcpu: streams.vcpu)
      operations[vm, default: Operations()].longestWithout.add(
        timeline.pairing.longestWithout, vcpu: streams.vcpu)
      operations[vm, default: Operations()].split.add(timeline.pairing.split)
      operations[vm, default: Operations()].bands.add(timeline.pairing.bands)
    }
    var caused = Distribution()
    for cell in timeline.table.cells {
      let site = SiteID(vm: vm, key: timeline.table.sites[cell.site])
      sites[site, default: SiteTotals()].cells.add(cell)
      if site.key.kind != .kick { caused.add(cell.cycles) }
      guard cell.hasRIP else { continue }
      let instruction = InstructionID(site: site, rip: cell.rip, ripKind: cell.ripKind)
      instructions[instruction, default: CellTotals()].add(cell)
    }
    for (index, longest) in timeline.stays.enumerated() {
      sites[SiteID(vm: vm, key: timeline.table.sites[index]), default: SiteTotals()].longest.add(
        longest, vcpu: streams.vcpu)
    }
    for (index, split) in timeline.pairing.siteSplits.enumerated() {
      sites[SiteID(vm: vm, key: timeline.table.sites[index]), default: SiteTotals()].split.add(split)
    }
    vcpus.append(
      VCPUSummary(
        vm: vm, vcpu: streams.vcpu, time: timeline.time, heavy: timeline.roundTrips - timeline.kicks,
        kicks: timeline.kicks, cycles: caused.summary, pairing: timeline.pairing.tally,
        kernel: timeline.episodes.flatMap { $0.tally.events > 0 ? $0.tally : nil },
        parts: parts, scheduler: agreement))
  }

  /// What the scheduler says of a vCPU's thread, beside its events; nil where it said nothing.
  private func agreement(of timeline: VCPUTimeline, _ streams: VCPUStreams) -> SchedulerAgreement? {
    guard let account = tables.account(of: streams) else { return nil }
    let episodes = timeline.episodes.flatMap { $0.tally.events > 0 && $0.hasThreadSwitches ? $0 : nil }
    return SchedulerAgreement(
      account, parts: episodes?.parts, wall: timeline.time.wall, outside: episodes?.outside.cycles ?? 0,
      lag: episodes?.lag.sum ?? SchedulerLag(), tscKilohertz: tables.tscKilohertz)
  }

  private mutating func addKernelSide(of timeline: VCPUTimeline, _ streams: VCPUStreams) {
    let vm = streams.vm
    guard let episodes = timeline.episodes, episodes.tally.events > 0 else { return }
    totals.inversions &+= episodes.tally.inversions
    totals.misplaced &+= episodes.tally.misplaced
    totals.unknown &+= episodes.unknownReasons
    totals.foldedSites &+= timeline.light.folded
    var state = vms[vm]?.lazyState ?? LazyState()
    if tables.kernelEvents.hasSwitchStamps || !tables.isImported {
      state.fpuUnloads = (state.fpuUnloads ?? 0) &+ episodes.tally.unloads.total
      state.fpuLoads = (state.fpuLoads ?? 0) &+ episodes.tally.loads.total
      vms[vm]?.lazyState = state
    }
    for (site, switches) in timeline.siteSwitches.enumerated() {
      let id = SiteID(vm: vm, key: timeline.table.sites[site])
      sites[id, default: SiteTotals()].switches.add(switches)
    }
    if !episodes.details.counts.isEmpty { details[vm, default: DetailTable()].add(episodes.details) }
    guard episodes.hasHardwareExits else { return }
    heavyEpisodes.add(timeline.heavyEpisodes)
    totals.episodes = (totals.episodes ?? 0) &+ episodes.tally.episodes
    if tables.trips.isCounted { totals.light = (totals.light ?? 0) &+ episodes.tally.light }
    totals.exitEvents = (totals.exitEvents ?? 0) &+ episodes.tally.exits.total
    for (reason, counts) in episodes.reasons.counts {
      exits[ExitID(vm: vm, reason: reason), default: ExitReasonTable.Counts()].add(counts)
    }
    let stages = timeline.pairing.stages
    for (site, sums) in timeline.siteStages.enumerated() {
      sites[SiteID(vm: vm, key: timeline.table.sites[site]), default: SiteTotals()].stages.episodes.add(sums)
    }
    for (site, sums) in stages.heavy.enumerated() {
      sites[SiteID(vm: vm, key: timeline.table.sites[site]), default: SiteTotals()].stages.operations.add(
        sums)
    }
    for (index, row) in timeline.light.rows.enumerated() {
      let id = LightID(vm: vm, key: row.key)
      light[id, default: LightTotals()].cycles.add(row.cycles)
      light[id, default: LightTotals()].stages.add(row.stages)
      light[id, default: LightTotals()].longest.add(row.longest, vcpu: streams.vcpu)
      guard index < stages.light.count else { continue }
      light[id, default: LightTotals()].stages.operations.add(stages.light[index])
    }
    guard timeline.pairing.tally.spans > 0 else { return }
    var staging = operations[vm]?.staging ?? StageTally()
    staging.add(stages.tally)
    operations[vm, default: Operations()].staging = staging
    operations[vm, default: Operations()].stagesWithRoundTrips.add(stages.withRoundTrips)
    operations[vm, default: Operations()].stagesWithout.add(stages.without)
  }
}
