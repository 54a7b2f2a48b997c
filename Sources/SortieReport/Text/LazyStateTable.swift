import SortieAnalysis

/// How often KVM switched what it leaves in place for as long as it can.
enum LazyStateTable {
  static func lines(of analysis: Analysis, _ style: TextStyle, width: Int) -> [String] {
    let rows = analysis.vms.filter { $0.lazyState != nil }
    guard !rows.isEmpty else { return [] }
    var table = TextTable([
      "<vm", "round trips", "FPU unloads", "FPU loads", "host state reloads", "FPU reloads",
    ])
    for row in rows.prefix(TextReportWriter.shownRows) {
      guard let state = row.lazyState else { continue }
      let name = row.name.map { " \(printable($0, limit: 24))" } ?? ""
      table.add(
        ["\(row.vm)\(name)", analysis.trips.isCounted ? compact(row.roundTrips) : "unknown"]
          + [state.fpuUnloads, state.fpuLoads, state.hostStateReloads, state.fpuReloads].map {
            $0.map(compact) ?? "unknown"
          })
    }
    let note =
      "FPU unloads, loads: kvm_fpu, each time the thread left for user space and came back (tier kernel). Reloads: KVM's statistics"
      + " host_state_reload and fpu_reload (tier counter), which also count what happened when the thread lost its CPU."
    return table.lines(style, width: width) + wrapped(note, width: width).map(style.dim)
  }
}
