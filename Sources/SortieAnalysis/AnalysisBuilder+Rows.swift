import SortieTrace

/// The rows of what was gathered.
extension AnalysisBuilder {
  func analysis() -> Analysis {
    var vmRows = vms.values.sorted { $0.vm < $1.vm }
    for index in vmRows.indices {
      vmRows[index].lazyState = lazyState(of: vmRows[index])
      guard let operations = operations[vmRows[index].vm] else { continue }
      var all = operations.withRoundTrips
      all.add(operations.without)
      vmRows[index].operation = OperationSummary(
        pairing: operations.pairing, withRoundTrips: operations.withRoundTrips.summary,
        withoutRoundTrip: operations.without.summary, all: all.summary, split: SplitSummary(operations.split),
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
      vcpus: vcpus, classes: classCosts(), systemCalls: systemCallRows(), probeCosts: tables.probeCosts,
      losses: tables.losses + tables.leftOut)
    (analysis.unit, analysis.trips, analysis.isAggregate) = (tables.unit, tables.trips, tables.isAggregate)
    (analysis.unread, analysis.unobserved) = (unread, unobserved)
    analysis.siteScope = siteScope
    analysis.knowsSchedule = !tables.isImported || tables.kernelEvents.hasThreadSwitches
    analysis.sites.sort {
      ($0.cycles.sum, $0.count, $1.vm, $1.site, $1.device ?? "") > (
        $1.cycles.sum, $1.count, $0.vm, $0.site, $0.device ?? ""
      )
    }
    analysis.devices = DeviceSummary.rows(of: analysis.sites, vmRows)
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
      lightEpisodes: totals.exitEvents == nil || !tables.trips.isCounted ? nil : lightEpisodes.summary,
      lightOperations: lightOperations.summary)
  }

  private func finishedTotals(_ vms: [VMSummary]) -> Totals {
    var totals = totals
    for loss in tables.leftOut { totals.cutEvents = totals.cutEvents.addingSaturated(loss.count ?? 0) }
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
    // Of some sites no exit is in scope.
    sites.filter { $0.value.cells.count > 0 }.map { id, site in
      let cells = site.cells
      let hasElements = id.key.reason == KVMExitReason.io && cells.elements > 0 && cells.count > 0
      return SiteCost(
        vm: id.vm, reason: id.key.reasonName, site: id.key.label, exitClass: Self.exitClass(of: id.key),
        device: tables.devices.name(of: id.key.device, vm: id.vm), tier: tripTier(of: id.vm),
        interval: tripInterval,
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
    light.filter { $0.value.cycles.count > 0 }.map { id, row in
      SiteCost(
        vm: id.vm, reason: id.site?.reason.name ?? "other", site: id.site?.label ?? "other exits",
        detail: id.site?.detail, exitClass: handledClass, device: nil, tier: .kernel,
        interval: .exitToEntry,
        count: row.cycles.count,
        rate: rate(row.cycles.count, id.vm), vcpuTimeShare: share(row.cycles.summary, id.vm),
        cycles: row.cycles.summary, meanElements: nil, meanDeviceCycles: nil, split: nil,
        longest: row.longest.outliers(median: row.cycles.summary.p50, threads: tables.threads),
        stages: StageSummary(row.stages))
    }
  }

  /// The class of exits without a round trip that is known.
  private var handledClass: ExitClass { tables.trips.isCounted ? .light : .unknown }

  private func exitRows() -> [ExitCounts] {
    let rows = exits.map { id, counts in
      ExitCounts(
        vm: id.vm, reason: id.reason?.name ?? "other", light: counts.light, heavy: counts.heavy,
        kicked: counts.kicked, unpaired: counts.unpaired, unclassified: counts.unclassified)
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
    for (id, site) in sites where site.cells.count > 0 {
      let reason = ReasonID(vm: id.vm, reason: id.key.reasonName, exitClass: Self.exitClass(of: id.key))
      reasons[reason, default: CellTotals()].count &+= site.cells.count
      reasons[reason, default: CellTotals()].cycles.add(site.cells.cycles)
    }
    struct LightReasonID: Hashable {
      var vm: UInt32
      var reason: String
    }
    var lightReasons: [LightReasonID: Distribution] = [:]
    for (id, row) in light where row.cycles.count > 0 {
      let reason = LightReasonID(vm: id.vm, reason: id.site?.reason.name ?? "other")
      lightReasons[reason, default: Distribution()].add(row.cycles)
    }
    let lightRows = lightReasons.map { id, cycles in
      ReasonCost(
        vm: id.vm, reason: id.reason, exitClass: handledClass, tier: .kernel, interval: .exitToEntry,
        count: cycles.count, rate: rate(cycles.count, id.vm), vcpuTimeShare: share(cycles.summary, id.vm),
        cycles: cycles.summary)
    }
    let rows =
      lightRows
      + reasons.map { id, cells in
        ReasonCost(
          vm: id.vm, reason: id.reason, exitClass: id.exitClass, tier: tripTier(of: id.vm),
          interval: tripInterval,
          count: cells.count,
          rate: rate(cells.count, id.vm),
          vcpuTimeShare: share(cells.cycles.summary, id.vm), cycles: cells.cycles.summary)
      }
    return rows.sorted {
      ($0.cycles.sum, $0.count, $1.vm, $1.reason) > ($1.cycles.sum, $1.count, $0.vm, $0.reason)
    }
  }

  /// What the machine monitors called between `u0` and `u1`, and what they did themselves.
  private func systemCallRows() -> [SystemCallCost] {
    systemCalls.flatMap { vm, table in
      table.sites.flatMap { site, sums -> [SystemCallCost] in
        func row(_ call: String?, _ count: UInt64, _ cycles: UInt64, _ longest: UInt64?) -> SystemCallCost {
          SystemCallCost(
            vm: vm, reason: site.reasonName, site: site.label, call: call, roundTrips: sums.roundTrips,
            count: count, cycles: cycles, longest: longest,
            share: sums.cycles > 0 ? Double(cycles) / Double(sums.cycles) : nil)
        }
        let own = sums.cycles - min(sums.cycles, sums.called)
        return [row(nil, sums.roundTrips, own, nil)]
          + sums.calls.map { call, cost in
            row(call?.text ?? "other calls", cost.count, cost.cycles, cost.longest)
          }
      }
    }.sorted { ($0.cycles, $1.vm, $1.site, $1.call ?? "") > ($1.cycles, $0.vm, $0.site, $0.call ?? "") }
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
