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

  /// Rows of a table in the details of one VM among many; all rows stand in the JSON.
  private static let rowsOfMany = 6
  /// Rows of a table of the only VM of a trace.
  private static let rowsOfOne = 30
  /// VMs that are shown one by one, and vCPUs.
  static let shownVMs = 64

  init(_ analysis: Analysis, style: TextStyle, width: Int) {
    self.analysis = analysis
    self.style = style
    self.width = width
  }

  mutating func write() -> String {
    for line in Verdict.lines(of: analysis, width: width) { lines.append(line) }
    if analysis.emulatesGuestCode == true {
      let text = "This KVM emulates guest code: no hardware exit is measured here."
      lines.append(contentsOf: wrapped(text, width: width).map(style.warning))
    }
    lines.append(contentsOf: hostLines())
    if analysis.vms.count > 1 { section("Workloads", WorkloadTable.lines(of: analysis, style, width: width)) }
    section(
      "Operations in the guest, g0 to g1 (tier guest, interval guest_round_trip), cycles", operationLines())
    if analysis.vms.count == 1, let operation = analysis.vms[0].operation {
      section("Where an operation with a round trip goes (tiers guest and vmm)", splitLines(operation))
    }
    section("What the stamps themselves cost, g0 to g1 (tier guest), cycles", stampLines())
    for vm in analysis.vms.prefix(Self.shownVMs) { details(of: vm) }
    section("vCPU threads, first to last KVM_RUN", threadLines())
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
    let host = analysis.host
    var facts: [String] = []
    if let name = host["hostname"] { facts.append(name) }
    if let model = host["cpu_model"] ?? host["cpu_vendor"] { facts.append(model) }
    if let kernel = host["kernel"] { facts.append("Linux \(kernel)") }
    if let module = host["kvm_vendor_module"] { facts.append(module) }
    if let nested = host["nested"] { facts.append("nested: \(nested)") }
    if let kilohertz = analysis.tscKilohertz { facts.append("TSC \(grouped(kilohertz)) kHz") }
    guard !facts.isEmpty else { return [] }
    return wrapped(
      "Host: " + facts.map { printable($0) }.joined(separator: ", "), width: width, indent: "      ")
  }

  private mutating func details(of vm: VMSummary) {
    let isOnly = analysis.vms.count == 1
    let limit = isOnly ? Self.rowsOfOne : Self.rowsOfMany
    let title = "VM \(vm.vm)" + (vm.name.map { " \(printable($0, limit: 24))" } ?? "")
    let stamped = analysis.sites.filter { $0.vm == vm.vm && $0.tier == .vmm }
    section(
      "\(title): sites in the VMM, u0 to u1 (tier vmm, interval vmm), cycles",
      costTable(stamped.map(CostRow.init), limit: limit))
    let outcome = WorkloadTable.outcome(of: vm)
    if isOnly, !outcome.isEmpty {
      lines.append(contentsOf: wrapped("Run\(outcome)", width: width).map(style.warning))
    }
    section("\(title): instructions (tier vmm, interval vmm), cycles", instructionLines(vm, limit: limit))
    guard isOnly else { return }
    let reasons = analysis.reasons.filter { $0.vm == vm.vm }
    section(
      "Reasons in the VMM (tier vmm, interval vmm), cycles",
      costTable(reasons.map(CostRow.init), limit: limit))
  }

  private func operationLines() -> [String] {
    let operations = analysis.sites.filter { $0.tier == .guest }
    return costTable(operations.map(CostRow.init), limit: Self.shownVMs)
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
    guard let split = operation.split, let whole = operation.withRoundTrips.mean, whole > 0 else { return [] }
    var table = TextTable(["<part", "mean cycles", "mean time", "share %", "p50 cycles", "p50 time"])
    func add(_ name: String, _ cycles: CycleSummary) {
      let mean = cycles.mean ?? 0
      table.add([
        name, fixed(mean, 0), time(mean), percent(mean / whole), cycles.p50.map(compact) ?? "",
        cycles.p50.map { time(Double($0)) } ?? "",
      ])
    }
    add("guest to host, g0 to u0", split.guestToHost)
    add("in the VMM, u0 to u1", split.vmm)
    if split.between.sum > 0 { add("in KVM between round trips", split.between) }
    add("host to guest, u1 to g1", split.hostToGuest)
    add("the whole, g0 to g1", operation.withRoundTrips)
    return table.lines(style, width: width)
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

  private func instructionLines(_ vm: VMSummary, limit: Int) -> [String] {
    let rows = analysis.instructions.filter { $0.vm == vm.vm }
    guard !rows.isEmpty else { return [] }
    var table = TextTable(["<symbol", "<rip", "<site", "count", "rate /s", "time %", "p50", "p99", "max"])
    for row in rows.prefix(limit) {
      table.add([
        row.symbol.map { printable($0) } ?? "-", hexadecimal(row.rip), row.site, compact(row.count),
        rateText(row.rate), percent(row.vcpuTimeShare), row.cycles.p50.map(compact) ?? "-",
        row.cycles.p99.map(compact) ?? "-", row.cycles.maximum.map(compact) ?? "-",
      ])
    }
    return table.lines(style, width: width) + more(rows.count, limit)
  }

  private func threadLines() -> [String] {
    guard !analysis.vcpus.isEmpty else { return [] }
    var table = TextTable([
      "<vm", "vcpu", "heavy", "kicks", "wall", "in VMM %", "in KVM_RUN %", "unaccounted %", "VMM p50 cycles",
    ])
    for row in analysis.vcpus.prefix(Self.shownVMs) {
      let wall = Double(max(row.time.wall, 1))
      let name = analysis.vms.first { $0.vm == row.vm }?.name.map { " \(printable($0, limit: 24))" } ?? ""
      table.add([
        "\(row.vm)\(name)", "\(row.vcpu)", compact(row.heavy), compact(row.kicks),
        time(Double(row.time.wall)),
        percent(Double(row.time.vmm) / wall), percent(Double(row.time.kvmRun) / wall),
        percent(Double(row.time.unaccounted) / wall), row.cycles.p50.map(compact) ?? "-",
      ])
    }
    return table.lines(style, width: width) + more(analysis.vcpus.count, Self.shownVMs)
  }

  private func probeLines() -> [String] {
    guard !analysis.probeCosts.isEmpty else { return [] }
    var table = TextTable(["<probe", "median cycles", "time", "<how"])
    for cost in analysis.probeCosts {
      table.add([
        printable(cost.name, limit: 32), compact(cost.cycles), time(Double(cost.cycles)),
        printable(cost.method, limit: 34),
      ])
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
