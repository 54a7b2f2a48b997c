import SortieTrace

/// Gathers what the timelines measured, to make rows of it.
struct AnalysisBuilder {
  let tables: TraceTables
  /// Which exits sites are of.
  let siteScope: SiteScope
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

  /// Light exits of one reason and detail; without a site, of all that the bounded table folded together.
  struct LightID: Hashable {
    var vm: UInt32
    var site: LightSite?
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

  /// Of an aggregate, what was not read of it.
  private(set) var unread: UInt64 = 0
  /// Of an aggregate, cycles between the first and the last event of its vCPUs in which they were not observed.
  private(set) var unobserved: UInt64 = 0

  /// `k0..k2` of heavy episodes, all VMs.
  private(set) var heavyEpisodes = Distribution()
  private var usedCells = 0
  private var usedLight = 0

  init(_ tables: TraceTables, sites scope: SiteScope = .wholeRuns) {
    self.tables = tables
    siteScope = scope
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
    systemCalls[vm] == nil && !tables.isAggregate && tables.trips.isTimed ? .vmm : .kernel
  }

  /// What the round trips of a site are timed by.
  var tripInterval: CostInterval { tables.trips.isTimed ? .vmm : .exitToEntry }

  mutating func add(_ timeline: VCPUTimeline, of streams: VCPUStreams) {
    let vm = streams.vm
    usedCells += timeline.table.cells.count
    usedLight += timeline.light.rows.count
    let parts = timeline.episodes.flatMap { $0.tally.events > 0 ? $0.parts : nil }
    add(VCPUSums(timeline, time: timeline.time, parts: parts), of: vm, timeline.time)
    totals.leftOutEvents &+= timeline.leftOut.events
    totals.leftOutOperations &+= timeline.leftOut.operations
    totals.spans &+= timeline.pairing.tally.spans
    let agreement = agreement(of: timeline, streams)
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
      guard cell.hasRIP, cell.count > 0 else { continue }
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

  /// Adds what a vCPU did to the totals, and to those of its VM; `time`: from when to when that was.
  private mutating func add(_ sums: VCPUSums, of vm: UInt32, _ time: VCPUTime) {
    totals.roundTrips &+= sums.roundTrips
    totals.kicks &+= sums.kicks
    totals.heavy &+= sums.heavy
    totals.coalesced &+= sums.coalesced
    totals.unknown &+= sums.unknown
    totals.unstamped &+= sums.unstamped
    totals.inversions &+= sums.inversions
    totals.misplaced &+= sums.tally.misplaced
    totals.foldedInstructions &+= sums.foldedInstructions
    totals.foldedSites &+= sums.foldedSites
    totals.time.add(time)
    var row =
      vms[vm]
      ?? VMSummary(
        vm: vm, attributes: Attributes(), kvmCounterExits: tables.counters.growth(of: .exits, vm: vm))
    row.roundTrips &+= sums.roundTrips
    row.kicks &+= sums.kicks
    row.coalesced &+= sums.coalesced
    row.time.add(time)
    if sums.tally.events > 0 {
      totals.parts = totals.parts ?? TimeParts()
      totals.parts?.add(sums.parts)
      if tables.kernelEvents.hasSwitchStamps || !tables.isImported {
        var state = row.lazyState ?? LazyState()
        state.fpuUnloads = (state.fpuUnloads ?? 0) &+ sums.tally.unloads.total
        state.fpuLoads = (state.fpuLoads ?? 0) &+ sums.tally.loads.total
        row.lazyState = state
      }
    }
    if sums.hasHardwareExits {
      totals.episodes = (totals.episodes ?? 0) &+ sums.tally.episodes
      if tables.trips.isCounted { totals.light = (totals.light ?? 0) &+ sums.tally.light }
      totals.exitEvents = (totals.exitEvents ?? 0) &+ sums.tally.exits.total
    }
    vms[vm] = row
    if time.wall > 0 {
      running[vm] =
        min(
          running[vm]?.lowerBound ?? time.first, time.first)...max(
          running[vm]?.upperBound ?? time.last, time.last)
    }
  }

  /// Adds what was kept as histograms and sums only.
  mutating func add(_ aggregate: Aggregate) {
    let rows = aggregate.vcpuRows
    var observed: [UInt32: ClosedRange<UInt64>] = [:]
    for vcpu in rows {
      let (sums, vm) = (vcpu.sums, vcpu.owner.vm)
      var time = VCPUTime()
      (time.first, time.vmm, time.kvmRun) = (vcpu.time.lowerBound, sums.vmm, sums.kvmRun)
      // It may not have been observed all the time.
      time.last = time.first.addingSaturated(sums.wall)
      let length = vcpu.time.upperBound - vcpu.time.lowerBound
      unobserved = unobserved.addingSaturated(length - min(length, sums.wall))
      add(sums, of: vm, time)
      // Of VMs that were merged that may be more than passed: rates are of the time from the first to the last event.
      if sums.wall > 0 { observed[vm] = Aggregate.union(observed[vm], vcpu.time) }
      vcpus.append(
        VCPUSummary(
          vm: vm, vcpu: vcpu.owner.vcpu ?? 0, time: time, heavy: sums.heavy, kicks: sums.kicks,
          cycles: vcpu.stays.summary, pairing: PairingTally(),
          kernel: sums.tally.events > 0 ? sums.tally : nil,
          parts: sums.tally.events > 0 ? sums.parts : nil, scheduler: nil))
    }
    for (vm, time) in observed where time.lowerBound < time.upperBound { running[vm] = time }
    // Those that nothing was seen of are there all the same.
    let seen = Set(rows.map(\.owner))
    for idle in tables.vcpus where !seen.contains(Aggregate.Owner(vm: idle.vm, vcpu: idle.vcpu)) {
      add(VCPUSums(), of: idle.vm, VCPUTime())
      vcpus.append(
        VCPUSummary(
          vm: idle.vm, vcpu: idle.vcpu, time: VCPUTime(), heavy: 0, kicks: 0, cycles: Distribution().summary,
          pairing: PairingTally(), kernel: nil, parts: nil, scheduler: nil))
    }
    vcpus.sort { ($0.vm, $0.vcpu) < ($1.vm, $1.vcpu) }
    unread = aggregate.unread
    totals.foldedSites = totals.foldedSites.addingSaturated(aggregate.folded)
    for (vm, site, sums) in aggregate.siteRows {
      switch site {
      case .roundTrips(let key):
        let id = SiteID(vm: vm, key: key)
        sites[id, default: SiteTotals()].cells.count &+= sums.numbers.count
        sites[id, default: SiteTotals()].cells.elements &+= sums.numbers.elements
        sites[id, default: SiteTotals()].cells.cycles.add(sums.cycles)
        sites[id, default: SiteTotals()].stages.episodes.add(sums.numbers.stages)
        sites[id, default: SiteTotals()].switches.add(sums.numbers.switches)
      case .handled(let handled):
        let id = LightID(vm: vm, site: handled)
        light[id, default: LightTotals()].cycles.add(sums.cycles)
        light[id, default: LightTotals()].stages.episodes.add(sums.numbers.stages)
      case .reason(let reason):
        exits[ExitID(vm: vm, reason: reason), default: ExitReasonTable.Counts()].add(sums.numbers.exits)
      case .heavy: heavyEpisodes.add(sums.cycles)
      }
    }
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
    for (site, switches) in timeline.siteSwitches.enumerated() {
      let id = SiteID(vm: vm, key: timeline.table.sites[site])
      sites[id, default: SiteTotals()].switches.add(switches)
    }
    if !episodes.details.counts.isEmpty { details[vm, default: DetailTable()].add(episodes.details) }
    guard episodes.hasHardwareExits else { return }
    heavyEpisodes.add(timeline.heavyEpisodes)
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
      let id = LightID(vm: vm, site: row.key.map(LightSite.init(_:)))
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
