public import SortieAnalysis
import SortieTrace

/// The analysis as text of at most `width` columns, with ANSI colours only if `colour` asks for them.
public func textReport(_ analysis: Analysis, colour: Bool = false, width: Int = 100) -> String {
  var writer = TextReportWriter(analysis, style: TextStyle(colour: colour), width: max(width, 60))
  return writer.write()
}

/// Writes the sections of the text report one after the other.
struct TextReportWriter {
  let analysis: Analysis
  let style: TextStyle
  let width: Int
  private var lines: [String] = []

  /// Names of the VMs' runs.
  private let names: [UInt32: String]
  private let labels: VMLabels

  /// Characters of a site's name that have room beside a RIP of 64 bits.
  private static let siteBesideRIP = 18

  /// Rows of a table; all rows stand in the JSON.
  static let shownRows = 64

  init(_ analysis: Analysis, style: TextStyle, width: Int) {
    self.analysis = analysis
    self.style = style
    self.width = width
    names = Dictionary(analysis.vms.compactMap { vm in vm.name.map { (vm.vm, $0) } }) { first, _ in first }
    labels = VMLabels(analysis.vms)
  }

  mutating func write() -> String {
    let trust = Verdict.trust(analysis)
    let verdict = wrapped(trust.text, width: width)
    lines.append(contentsOf: trust.holds ? verdict.map(style.bold) : verdict.map(style.warning))
    for line in Verdict.lines(of: analysis, width: width) { lines.append(line) }
    if analysis.emulatesGuestCode == true {
      let text = "This KVM emulates guest code: no hardware exit is measured here."
      lines.append(contentsOf: wrapped(text, width: width).map(style.warning))
    }
    for fault in DeviceTable.faults(of: analysis, labels) {
      lines.append(contentsOf: wrapped(fault, width: width).map(style.warning))
    }
    lines.append(contentsOf: ImportedLines.lines(of: analysis, width: width))
    lines.append(contentsOf: AttachedLines.lines(of: analysis, width: width))
    lines.append(contentsOf: hostLines())
    if analysis.vms.count > 1 {
      section("Workloads", WorkloadTable.lines(of: analysis, labels, style, width: width))
    }
    section("PCs", PCTable.lines(of: analysis, labels, style, width: width))
    section(
      "Operations in the guest, g0 to g1 (tier guest, interval guest_round_trip), \(unit)", operationLines())
    if isOne, !analysis.vms[0].isPC {
      let outcome = WorkloadTable.outcome(of: analysis.vms[0])
      if !outcome.isEmpty {
        lines.append(contentsOf: wrapped("Run\(outcome)", width: width).map(style.warning))
      }
    }
    if isOne, let operation = analysis.vms[0].operation {
      section("Where an operation with a round trip goes (tiers guest and vmm)", splitLines(operation))
    }
    section("Light against heavy, \(unit)", ClassTable.lines(of: analysis, style, width: width))
    section("The stages of an exit (tiers guest, kernel and vmm), mean \(unit)", stageLines())
    section(
      "What the usual operations are made of, and the tail, mean shares in percent",
      BandTable.lines(of: analysis, style, width: width))
    section("The longest, and why", OutlierTable.lines(of: analysis, style, width: width))
    section(
      "Devices of the PCs (tier vmm, interval vmm), and their threads",
      DeviceTable.lines(of: analysis, labels, style, width: width))
    section("What the stamps themselves cost, g0 to g1 (tier guest), \(unit)", stampLines())
    section("Sites in the VMM, u0 to u1 (\(tripTier), interval vmm), \(unit)", siteLines())
    section(
      "What the VMM called between u0 and u1 (tier kernel), \(unit)",
      SystemCallTable.lines(of: analysis, labels, style, width: width))
    let handled =
      analysis.trips.isTimed ? "Exits that the kernel handled" : "Exits, wherever they were handled"
    section("\(handled), k0 to k2 (tier kernel, interval exit_to_entry), \(unit)", lightLines())
    let interval = analysis.trips.isTimed ? "interval vmm" : "interval exit_to_entry"
    section("Instructions (\(tripTier), \(interval)), \(unit)", instructionLines())
    if isOne {
      section(
        "Reasons in the VMM (\(tripTier), interval vmm), \(unit)",
        costTable(analysis.reasons.filter { $0.interval == .vmm }.map(CostRow.init), limit: Self.shownRows))
    }
    section("vCPU threads, first to last KVM_RUN", threadLines())
    section("Exits by hardware reason (tier kernel)", exitLines())
    section("What KVM did for the guests (tier kernel), events", kernelEventLines())
    section("Where the time of the vCPU threads went, percent of wall time", partsLines())
    section("State switched lazily", LazyStateTable.lines(of: analysis, style, width: width))
    section("Cost of the probes, measured in this run (not subtracted from any figure)", probeLines())
    section("What these figures can be trusted for", ledgerLines())
    return lines.joined(separator: "\n") + "\n"
  }

  private mutating func section(_ title: String, _ body: [String]) {
    guard !body.isEmpty else { return }
    lines.append("")
    lines.append(contentsOf: wrapped(title, width: width).map(style.bold))
    lines.append(contentsOf: body)
  }

  private func hostLines() -> [String] {
    hostLine(analysis.host.values, tscKHz: analysis.tscFrequency)
      .map { wrapped($0, width: width, indent: "      ") } ?? []
  }

  /// What figures count.
  private var unit: String { analysis.unit.noun }

  private var isOne: Bool { analysis.vms.count == 1 }

  /// Who took the stamps of round trips: of a VM that was attached to, the kernel.
  private var tripTier: String {
    analysis.systemCalls.isEmpty && !analysis.isAggregate && analysis.trips.isTimed
      ? "tier vmm" : "tier kernel"
  }

  /// Of several VMs, only what was timed: the exit that ends a run has no duration.
  private func siteLines() -> [String] {
    let sites = analysis.sites.filter {
      $0.interval == .vmm && (isOne || $0.cycles.count > 0 || $0.exitClass == .light)
    }
    return costTable(sites.map { CostRow($0, workload: workload($0.vm)) }, limit: Self.shownRows)
  }

  private func lightLines() -> [String] {
    let sites = analysis.sites.filter { $0.interval == .exitToEntry }
    return costTable(sites.map { CostRow($0, workload: workload($0.vm)) }, limit: Self.shownRows)
  }

  /// Sites whose stages are known, dearest in all first.
  private func stageLines() -> [String] {
    let rows = analysis.sites.compactMap { site -> (SiteCost, StageSummary)? in
      site.tier == .guest ? nil : site.stages.map { (site, $0) }
    }
    let dearest = rows.sorted {
      ($0.1.whole * Double($0.0.count), $1.0.site) > ($1.1.whole * Double($1.0.count), $0.0.site)
    }
    return StageTable.lines(
      of: dearest.prefix(Self.shownRows).map { site, stages in
        let place = [workload(site.vm), site.device.map { printable($0, limit: 24) }].compactMap(\.self)
        return (
          printable(site.site), place.joined(separator: ": "), site.exitClass.rawValue, stages
        )
      }, in: analysis, style, width: width) + more(rows.count, Self.shownRows)
  }

  private func exitLines() -> [String] {
    guard !analysis.exits.isEmpty else { return [] }
    var table = TextTable(["<reason", "<vm", "exits", "light", "heavy", "kicked", "unpaired"])
    for row in analysis.exits.prefix(Self.shownRows) {
      let name = names[row.vm].map { " \(printable($0, limit: 24))" } ?? ""
      table.add(
        [row.reason, "\(row.vm)\(name)"]
          + [compact(row.count)]
          + [row.light, row.heavy, row.kicked].map { analysis.trips.isCounted ? compact($0) : "-" }
          + [compact(row.unpaired)])
    }
    return table.lines(style, width: width) + more(analysis.exits.count, Self.shownRows)
  }

  private func kernelEventLines() -> [String] {
    guard !analysis.kernelEvents.isEmpty else { return [] }
    var table = TextTable(["<detail", "<event", "<vm", "events"])
    for row in analysis.kernelEvents.prefix(Self.shownRows) {
      let name = names[row.vm].map { " \(printable($0, limit: 24))" } ?? ""
      table.add([row.detail, row.event, "\(row.vm)\(name)", compact(row.count)])
    }
    return table.lines(style, width: width) + more(analysis.kernelEvents.count, Self.shownRows)
  }

  private func partsLines() -> [String] {
    let rows = analysis.vcpus.filter { $0.parts != nil }
    return PartsTable.lines(
      of: rows.prefix(Self.shownRows).compactMap { row in
        let name = names[row.vm].map { " \(printable($0, limit: 24))" } ?? ""
        return row.parts.map { ("\(row.vm)\(name) vCPU \(row.vcpu)", time(Double(row.time.wall)), $0) }
      }, in: analysis, style, width: width) + more(rows.count, Self.shownRows)
  }

  /// The name of a VM's run, where there are several VMs to tell apart.
  private func workload(_ vm: UInt32) -> String? {
    isOne ? nil : labels[vm]
  }

  private func operationLines() -> [String] {
    let operations = analysis.sites.filter { $0.tier == .guest }
    return costTable(operations.map { CostRow($0) }, limit: Self.shownRows)
  }

  private func costTable(_ rows: [CostRow], limit: Int) -> [String] {
    guard !rows.isEmpty else { return [] }
    var table = TextTable([
      "<site", "<class", "count", "rate /s", "time %", "p50", "p90", "p99", "p99.9", "max",
    ])
    for row in rows.prefix(limit) {
      table.add(row.cells)
      if let times = row.times(analysis.tscKilohertz) { table.add(times, isDim: true) }
    }
    return table.lines(style, width: width) + more(rows.count, limit)
  }

  private func more(_ count: Int, _ limit: Int) -> [String] {
    count > limit ? [style.dim("and \(count - limit) more: sortie report --json")] : []
  }

  private func splitLines(_ operation: OperationSummary) -> [String] {
    guard let split = operation.split else { return [] }
    func share(_ band: Composition.Band, _ part: (Composition) -> Double) -> String {
      operation.compositions.first { $0.band == band }.map { percent(part($0)) } ?? "-"
    }
    var table = TextTable([
      "<part", "p50", "time", "p90", "mean", "all: %", "to p90: %", "over p99: %",
    ])
    func add(_ name: String, _ cycles: CycleSummary, _ part: (Composition) -> Double) {
      table.add([
        name, cycles.p50.map(compact) ?? "-", cycles.p50.map { time(Double($0)) } ?? "-",
        cycles.p90.map(compact) ?? "-", approximate(cycles.mean), share(.all, part),
        share(.toP90, part), share(.aboveP99, part),
      ])
    }
    add("guest to host, g0 to u0", split.guestToHost, \.guestToHost)
    add("in the VMM, u0 to u1", split.vmm, \.vmm)
    if split.between.sum > 0 { add("in KVM between round trips", split.between, \.between) }
    add("host to guest, u1 to g1", split.hostToGuest, \.hostToGuest)
    add("the whole, g0 to g1", operation.withRoundTrips) { _ in 1 }
    let note =
      "Cycles; medians do not add up. Shares: of all operations, of those up to the 90th percentile, and of"
      + " those beyond the 99th."
    return table.lines(style, width: width) + wrapped(note, width: width).map(style.dim)
  }

  private func stampLines() -> [String] {
    let rows = analysis.vms.compactMap { vm -> CostRow? in
      guard let operation = vm.operation, operation.declaredClass == "none",
        operation.withoutRoundTrip.count > 0
      else {
        return nil
      }
      let cycles = operation.withoutRoundTrip
      let site = SiteLine(
        name: printable(vm.name ?? "empty"), detail: "", className: "none", count: cycles.count)
      return CostRow(site, cycles, rate: nil, share: nil)
    }
    return costTable(rows, limit: rows.count)
  }

  private func instructionLines() -> [String] {
    let rows = analysis.instructions.filter { isOne || $0.cycles.count > 0 }
    guard !rows.isEmpty else { return [] }
    var table = TextTable(["<site", "<rip", "count", "rate /s", "time %", "p50", "p90", "p99", "max"])
    for row in rows.prefix(Self.shownRows) {
      let cycles = row.cycles
      table.add(
        [
          row.site, hexadecimal(row.rip), compact(row.count), approximate(row.rate),
          row.vcpuTimeShare.map(percent) ?? "-",
        ] + [cycles.p50, cycles.p90, cycles.p99, cycles.maximum].map { $0.map(compact) ?? "-" })
      let symbol = row.symbol.map { printable($0) }
      // What the widest RIP leaves no room for stands in full below.
      let site = row.site.count > Self.siteBesideRIP ? row.site : nil
      let note = [workload(row.vm), site, symbol].compactMap(\.self).joined(separator: ": ")
      if !note.isEmpty { table.addNote("  " + note) }
    }
    return table.lines(style, width: width) + more(rows.count, Self.shownRows)
  }

  private func threadLines() -> [String] {
    guard !analysis.vcpus.isEmpty else { return [] }
    var table = TextTable([
      "<vm", "vcpu", "heavy", "kicks", "wall", "in VMM %", "in KVM_RUN %", "unaccounted %",
      "\(analysis.trips.isTimed ? "VMM" : "heavy") p50 \(unit)",
    ])
    let trips = analysis.trips
    for row in analysis.vcpus.prefix(Self.shownRows) {
      let wall = Double(max(row.time.wall, 1))
      let name = names[row.vm].map { " \(printable($0, limit: 24))" } ?? ""
      table.add([
        "\(row.vm)\(name)", "\(row.vcpu)", trips.isCounted ? compact(row.heavy) : "-",
        trips.isCounted ? compact(row.kicks) : "-", time(Double(row.time.wall)),
        trips.isTimed ? percent(Double(row.time.vmm) / wall) : "-",
        trips.isTimed ? percent(Double(row.time.kvmRun) / wall) : "-",
        trips.isTimed ? percent(Double(row.time.unaccounted) / wall) : "-",
        row.cycles.p50.map(compact) ?? "-",
      ])
    }
    let note =
      "Blocked and off-CPU time counts where the thread was then; \"Where the time of the vCPU threads went\" takes it out."
    return table.lines(style, width: width) + more(analysis.vcpus.count, Self.shownRows)
      + (analysis.totals.parts == nil || !trips.isTimed ? [] : wrapped(note, width: width).map(style.dim))
  }

  private func probeLines() -> [String] {
    guard !analysis.probeCosts.isEmpty else { return [] }
    var table = TextTable(["<probe", "median \(unit)", "time"])
    for cost in analysis.probeCosts.prefix(Self.shownRows) {
      table.add([printable(cost.name, limit: 60), compact(cost.cycles), time(Double(cost.cycles))])
      table.addNote("  " + printable(cost.method))
    }
    return table.lines(style, width: width)
  }

  private func ledgerLines() -> [String] {
    analysis.ledger.flatMap { line in
      let mark =
        switch line.kind {
        case .fact: "ok"
        case .missing: "--"
        case .warning: "!!"
        }
      let text = wrapped(mark + " " + line.text, width: width - 2, indent: "   ").map { "  " + $0 }
      return line.kind == .warning ? text.map(style.warning) : text
    }
  }

  /// Cycles as time; `-` where the frequency is unknown.
  private func time(_ cycles: Double) -> String {
    guard let kilohertz = analysis.tscKilohertz, kilohertz > 0 else { return "-" }
    return duration(cycles * 1e6 / Double(kilohertz))
  }
}
