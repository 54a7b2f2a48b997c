import SortieTrace

/// Gathers what the timelines measured into rows.
struct AnalysisBuilder {
  private let tables: TraceTables
  private var totals = Totals()
  private var vms: [UInt32: VMSummary] = [:]
  private var vcpus: [VCPUSummary] = []
  /// From the first to the last `KVM_RUN` of a VM's vCPUs, host TSC.
  private var running: [UInt32: ClosedRange<UInt64>] = [:]
  private var operations: [UInt32: Operations] = [:]
  private var sites: [SiteID: SiteTotals] = [:]
  private var instructions: [InstructionID: CellTotals] = [:]
  private var light: [LightID: LightTotals] = [:]
  private var exits: [ExitID: ExitReasonTable.Counts] = [:]
  private var details: [UInt32: DetailTable] = [:]

  /// Cells of all vCPUs together: it bounds memory to some hundreds of MiB whatever a trace holds.
  static let cellLimit = 2048

  /// Rows of light exits of all vCPUs together, to the same end.
  private static let lightLimit = 4096

  private struct SiteID: Hashable {
    var vm: UInt32
    var key: SiteKey
  }

  /// Light exits of one reason; without a key, of all that the bounded table folded together.
  private struct LightID: Hashable {
    var vm: UInt32
    var key: LightKey?
  }

  private struct ExitID: Hashable {
    var vm: UInt32
    var reason: HardwareExitReason?
  }

  private struct LightTotals {
    var cycles = Distribution()
    var stages = SiteStages()
    var longest = LongestList()
  }

  private struct InstructionID: Hashable {
    var site: SiteID
    var rip: UInt64
    var ripKind: RIPKind
  }

  private struct CellTotals {
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

  private struct SiteTotals {
    var cells = CellTotals()
    var longest = LongestList()
    var split = SpanSplit()
    var stages = SiteStages()
    var switches: (count: UInt64, cycles: UInt64) = (0, 0)
  }

  private struct Operations {
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
  private var heavyEpisodes = Distribution()
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
      tscKilohertz: tables.tscKilohertz)
  }

  private mutating func addKernelSide(of timeline: VCPUTimeline, _ streams: VCPUStreams) {
    let vm = streams.vm
    guard let episodes = timeline.episodes, episodes.tally.events > 0 else { return }
    totals.inversions &+= episodes.tally.inversions
    totals.misplaced &+= episodes.tally.misplaced
    totals.unknown &+= episodes.unknownReasons
    totals.foldedSites &+= timeline.light.folded
    var state = vms[vm]?.lazyState ?? LazyState()
    state.fpuUnloads = (state.fpuUnloads ?? 0) &+ episodes.tally.unloads.total
    state.fpuLoads = (state.fpuLoads ?? 0) &+ episodes.tally.loads.total
    vms[vm]?.lazyState = state
    for (site, switches) in timeline.siteSwitches.enumerated() {
      let id = SiteID(vm: vm, key: timeline.table.sites[site])
      sites[id, default: SiteTotals()].switches.count &+= switches.count
      sites[id, default: SiteTotals()].switches.cycles &+= switches.cycles
    }
    if !episodes.details.counts.isEmpty { details[vm, default: DetailTable()].add(episodes.details) }
    guard episodes.hasHardwareExits else { return }
    heavyEpisodes.add(timeline.heavyEpisodes)
    totals.episodes = (totals.episodes ?? 0) &+ episodes.tally.episodes
    totals.light = (totals.light ?? 0) &+ episodes.tally.light
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

  func analysis() -> Analysis {
    var vmRows = vms.values.sorted { $0.vm < $1.vm }
    for index in vmRows.indices {
      vmRows[index].lazyState = lazyState(of: vmRows[index])
      guard let operations = operations[vmRows[index].vm] else { continue }
      vmRows[index].operation = OperationSummary(
        pairing: operations.pairing, withRoundTrips: operations.withRoundTrips.summary,
        withoutRoundTrip: operations.without.summary, split: SplitSummary(operations.split),
        compositions: operations.bands.compositions(
          isScheduleKnown: totals.parts != nil && tables.kernelEvents.hasThreadSwitches),
        withRoundTripsStages: operations.stagesWithRoundTrips.summaries,
        withoutRoundTripStages: operations.stagesWithout.summaries, staging: operations.staging,
        declaredClass: vmRows[index].attributes["operation_class"])
    }
    var analysis = Analysis(
      host: tables.host, tscKilohertz: tables.tscKilohertz, totals: finishedTotals(vmRows), vms: vmRows,
      sites: siteRows() + lightRows() + vmRows.flatMap(operationRows), reasons: reasonRows(),
      exits: exitRows(), kernelEvents: kernelEventRows(), instructions: instructionRows(),
      vcpus: vcpus, classes: classCosts(), probeCosts: tables.probeCosts, losses: tables.losses)
    analysis.sites.sort {
      ($0.cycles.sum, $0.count, $1.vm, $1.site, $1.device ?? "") > (
        $1.cycles.sum, $1.count, $0.vm, $0.site, $0.device ?? ""
      )
    }
    analysis.origin = vcpus.compactMap { $0.time.first > 0 ? $0.time.first : nil }.min()
    analysis.ledger = tables.notes + Ledger.lines(of: analysis)
    analysis.checks = TrustCheck.all(
      of: analysis, fileWarnings: tables.notes.count { $0.kind == .warning })
    return analysis
  }

  /// What is known of a VM's lazily switched state; nil where nothing is.
  private func lazyState(of vm: VMSummary) -> LazyState? {
    var state = vm.lazyState ?? LazyState()
    // Where guest code is emulated there is no state of the host's to put back, and the counter stands still.
    if tables.host.flag("emulated_guest_code") == false {
      state.hostStateReloads = tables.counters.growth(of: .hostStateReloads, vm: vm.vm)
    }
    state.fpuReloads = tables.counters.growth(of: .fpuReloads, vm: vm.vm)
    return state == LazyState() ? nil : state
  }

  /// Light exits against heavy ones, over all VMs.
  private func classCosts() -> ClassCosts {
    var (change, lightOperations, lightEpisodes) = (Distribution(), Distribution(), Distribution())
    for (vm, operations) in operations {
      change.add(operations.split.change)
      if vms[vm]?.attributes["operation_class"] == "light" { lightOperations.add(operations.without) }
    }
    for row in light.values { lightEpisodes.add(row.cycles) }
    return ClassCosts(
      heavyChange: change.summary, heavyEpisodes: heavyEpisodes.summary,
      lightEpisodes: totals.exitEvents == nil ? nil : lightEpisodes.summary,
      lightOperations: lightOperations.summary)
  }

  private func finishedTotals(_ vms: [VMSummary]) -> Totals {
    var totals = totals
    for loss in tables.losses {
      if let count = loss.count {
        totals.lost = totals.lost.addingSaturated(count)
      } else {
        totals.lossesOfUnknownCount += 1
      }
    }
    let counted = vms.compactMap(\.kvmCounterExits)
    // Events are of all VMs: the sum of some of their counters is nothing to hold them against.
    let isOfAll = vms.allSatisfy { vm in vm.kvmCounterExits != nil || !vcpus.contains { $0.vm == vm.vm } }
    if !counted.isEmpty, isOfAll { totals.kvmCounterExits = counted.reduce(0, &+) }
    totals.counterComparable =
      totals.kvmCounterExits != nil && tables.host.flag("emulated_guest_code") == false
    return totals
  }

  private func rate(_ count: UInt64, _ vm: UInt32) -> Double? {
    guard let running = running[vm], let kilohertz = tables.tscKilohertz, kilohertz > 0 else { return nil }
    return Double(count) * Double(kilohertz) * 1000 / Double(running.upperBound - running.lowerBound)
  }

  private func share(_ cycles: CycleSummary, _ vm: UInt32) -> Double? {
    guard cycles.count > 0, let wall = vms[vm]?.time.wall, wall > 0 else { return nil }
    return Double(cycles.sum) / Double(wall)
  }

  private static func exitClass(of key: SiteKey) -> ExitClass {
    switch key.kind {
    case .kick: .kick
    case .coalesced: .light
    case .exit, .folded: .heavy
    }
  }

  private func siteRows() -> [SiteCost] {
    sites.map { id, site in
      let cells = site.cells
      let hasElements = id.key.reason == KVMExitReason.io && cells.elements > 0 && cells.count > 0
      return SiteCost(
        vm: id.vm, reason: id.key.reasonName, site: id.key.label, exitClass: Self.exitClass(of: id.key),
        device: tables.devices.name(of: id.key.device, vm: id.vm), tier: .vmm, interval: .vmm,
        count: cells.count,
        rate: rate(cells.count, id.vm), vcpuTimeShare: share(cells.cycles.summary, id.vm),
        cycles: cells.cycles.summary,
        meanElements: hasElements ? Double(cells.elements) / Double(cells.count) : nil,
        meanDeviceCycles: cells.deviceCount > 0
          ? Double(cells.deviceCycles) / Double(cells.deviceCount) : nil,
        split: SplitSummary(site.split),
        longest: site.longest.outliers(
          median: cells.cycles.summary.p50,
          devices: (cells.deviceCount, cells.deviceCycles),
          threads: tables.threads), stages: StageSummary(site.stages),
        meanSwitchCycles: site.switches.count > 0
          ? Double(site.switches.cycles) / Double(site.switches.count) : nil)
    }
  }

  /// Exits that the kernel handled itself, as it reported them.
  private func lightRows() -> [SiteCost] {
    light.map { id, row in
      SiteCost(
        vm: id.vm, reason: id.key?.reason.name ?? "other", site: id.key?.label ?? "other exits",
        detail: id.key?.detail?.text, exitClass: .light, device: nil, tier: .kernel, interval: .exitToEntry,
        count: row.cycles.count,
        rate: rate(row.cycles.count, id.vm), vcpuTimeShare: share(row.cycles.summary, id.vm),
        cycles: row.cycles.summary, meanElements: nil, meanDeviceCycles: nil, split: nil,
        longest: row.longest.outliers(median: row.cycles.summary.p50, threads: tables.threads),
        stages: StageSummary(row.stages))
    }
  }

  private func exitRows() -> [ExitCounts] {
    let rows = exits.map { id, counts in
      ExitCounts(
        vm: id.vm, reason: id.reason?.name ?? "other", light: counts.light, heavy: counts.heavy,
        kicked: counts.kicked, unpaired: counts.unpaired)
    }
    return rows.sorted { ($0.count, $1.vm, $1.reason) > ($1.count, $0.vm, $0.reason) }
  }

  private func kernelEventRows() -> [KernelEventCount] {
    let rows = details.flatMap { vm, table in
      table.counts.map { key, count in
        KernelEventCount(vm: vm, event: key.event.rawValue, detail: key.detail.text, count: count)
      }
    }
    return rows.sorted { ($0.count, $1.vm, $1.event, $1.detail) > ($1.count, $0.vm, $0.event, $0.detail) }
  }

  /// Operations as the guest stamped them: heavy with a round trip inside; light with none where the run's attributes
  /// say that KVM handles the operation itself. The null loop is no site but what the stamps cost.
  private func operationRows(_ vm: VMSummary) -> [SiteCost] {
    guard let operation = vm.operation, let found = operations[vm.vm], operation.declaredClass != "none"
    else { return [] }
    var rows: [SiteCost] = []
    func append(
      _ exitClass: ExitClass, _ cycles: CycleSummary, _ longest: LongestList, _ split: SplitSummary?,
      _ stages: [StageBand]
    ) {
      guard cycles.count > 0 else { return }
      rows.append(
        SiteCost(
          vm: vm.vm, reason: "operation", site: "guest \(vm.name ?? "operation")", exitClass: exitClass,
          device: nil,
          tier: .guest, interval: .guestRoundTrip, count: cycles.count, rate: rate(cycles.count, vm.vm),
          vcpuTimeShare: share(cycles, vm.vm), cycles: cycles, meanElements: nil, meanDeviceCycles: nil,
          split: split, longest: longest.outliers(median: cycles.p50, threads: tables.threads),
          stages: stages.first?.stages))
    }
    append(
      .heavy, operation.withRoundTrips, found.longestWithRoundTrips, operation.split,
      operation.withRoundTripsStages)
    if operation.declaredClass == "light" {
      append(.light, operation.withoutRoundTrip, found.longestWithout, nil, operation.withoutRoundTripStages)
    }
    return rows
  }

  private func reasonRows() -> [ReasonCost] {
    struct ReasonID: Hashable {
      var vm: UInt32
      var reason: String
      var exitClass: ExitClass
    }
    var reasons: [ReasonID: CellTotals] = [:]
    for (id, site) in sites {
      let reason = ReasonID(vm: id.vm, reason: id.key.reasonName, exitClass: Self.exitClass(of: id.key))
      reasons[reason, default: CellTotals()].count &+= site.cells.count
      reasons[reason, default: CellTotals()].cycles.add(site.cells.cycles)
    }
    struct LightReasonID: Hashable {
      var vm: UInt32
      var reason: String
    }
    var lightReasons: [LightReasonID: Distribution] = [:]
    for (id, row) in light {
      let reason = LightReasonID(vm: id.vm, reason: id.key?.reason.name ?? "other")
      lightReasons[reason, default: Distribution()].add(row.cycles)
    }
    let lightRows = lightReasons.map { id, cycles in
      ReasonCost(
        vm: id.vm, reason: id.reason, exitClass: .light, tier: .kernel, interval: .exitToEntry,
        count: cycles.count, rate: rate(cycles.count, id.vm), vcpuTimeShare: share(cycles.summary, id.vm),
        cycles: cycles.summary)
    }
    let rows =
      lightRows
      + reasons.map { id, cells in
        ReasonCost(
          vm: id.vm, reason: id.reason, exitClass: id.exitClass, tier: .vmm, interval: .vmm,
          count: cells.count,
          rate: rate(cells.count, id.vm),
          vcpuTimeShare: share(cells.cycles.summary, id.vm), cycles: cells.cycles.summary)
      }
    return rows.sorted {
      ($0.cycles.sum, $0.count, $1.vm, $1.reason) > ($1.cycles.sum, $1.count, $0.vm, $0.reason)
    }
  }

  private func instructionRows() -> [InstructionCost] {
    let rows = instructions.map { id, cells in
      InstructionCost(
        vm: id.site.vm, rip: id.rip, ripKind: id.ripKind,
        symbol: tables.symbols.name(of: id.rip, isNext: id.ripKind == .next, vm: id.site.vm),
        site: id.site.key.label,
        exitClass: Self.exitClass(of: id.site.key), count: cells.count, rate: rate(cells.count, id.site.vm),
        vcpuTimeShare: share(cells.cycles.summary, id.site.vm), cycles: cells.cycles.summary)
    }
    return rows.sorted {
      ($0.cycles.sum, $0.count, $1.vm, $1.rip, $1.site) > ($1.cycles.sum, $1.count, $0.vm, $0.rip, $0.site)
    }
  }
}
