import SortieAnalysis

/// One line for each VM of a trace that holds several: the standard set at a glance. PCs have a table of their own.
enum WorkloadTable {
  static func lines(of analysis: Analysis, _ labels: VMLabels, _ style: TextStyle, width: Int) -> [String] {
    let rows = analysis.vms.filter { !$0.isPC }
    guard !rows.isEmpty else { return [] }
    var table = TextTable([
      "<workload", "<class", "operations", "g0-g1 p50", "time", "g0-u0 p50", "u0-u1 p50", "u1-g1 p50",
      "trips/op",
    ])
    var notes: [String] = []
    for vm in rows.prefix(TextReportWriter.shownRows) {
      let name = labels[vm.vm]
      table.add([name] + figures(of: vm, analysis))
      let note = outcome(of: vm)
      if !note.isEmpty { notes.append(contentsOf: wrapped("\(name)\(note)", width: width, indent: "  ")) }
    }
    let legend =
      "Medians in \(analysis.unit.noun): g0-g1 as the guest sees an operation, split into the way out (g0-u0), the VMM"
      + " (u0-u1) and the way back (u1-g1); without guest stamps, the dearest site in the VMM only."
    return table.lines(style, width: width) + wrapped(legend, width: width).map(style.dim)
      + notes.map(style.warning)
  }

  /// ` (unsupported: vmcall)` and the like; empty for a run that was completed or says nothing.
  static func outcome(of vm: VMSummary) -> String {
    guard let outcome = vm.attributes["outcome"], outcome != "completed" else { return "" }
    if outcome.hasPrefix("unsupported: ") {
      return " (not supported by this host: \(printable(String(outcome.dropFirst("unsupported: ".count)))))"
    }
    return " (\(printable(outcome)))"
  }

  private static func figures(of vm: VMSummary, _ analysis: Analysis) -> [String] {
    guard let operation = vm.operation, operation.withRoundTrips.count + operation.withoutRoundTrip.count > 0
    else {
      // Exits of a run that failed before its operation are none of it.
      let dearest = analysis.sites.first { $0.vm == vm.vm && $0.interval == .vmm && $0.exitClass == .heavy }
      return ["-", "0", "-", "-", "-", dearest?.cycles.p50.map(compact) ?? "-", "-", "-"]
    }
    let isHeavy = operation.withRoundTrips.count >= operation.withoutRoundTrip.count
    let cycles = isHeavy ? operation.withRoundTrips : operation.withoutRoundTrip
    let time = cycles.p50.flatMap { nanoseconds($0, analysis.tscKilohertz) }.map(duration) ?? "-"
    let split = isHeavy ? operation.split : nil
    return [
      isHeavy ? "heavy" : printable(operation.declaredClass ?? "-", limit: 6), compact(cycles.count),
      cycles.p50.map(compact) ?? "-", time,
      split?.guestToHost.p50.map(compact) ?? "-", split?.vmm.p50.map(compact) ?? "-",
      split?.hostToGuest.p50.map(compact) ?? "-",
      operation.roundTripsPerOperation.map { fixed($0, 2) } ?? "-",
    ]
  }
}
