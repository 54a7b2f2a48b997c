import SortieAnalysis

/// What machine monitors that were attached to did with the time between `u0` and `u1`, by site, dearest first.
enum SystemCallTable {
  private struct Site: Hashable {
    var vm: UInt32
    var reason: String
    var site: String
  }

  static func lines(of analysis: Analysis, _ labels: VMLabels, _ style: TextStyle, width: Int) -> [String] {
    let sites = Dictionary(grouping: analysis.systemCalls) {
      Site(vm: $0.vm, reason: $0.reason, site: $0.site)
    }
    guard !sites.isEmpty else { return [] }
    let dearest = sites.map { site, rows in
      (site: site, rows: rows, cycles: rows.reduce(0.0) { $0 + Double($1.cycles) })
    }.sorted { ($0.cycles, $1.site.site) > ($1.cycles, $0.site.site) }
    let isOne = analysis.vms.count == 1
    var table = TextTable(["<call", "calls", "per trip", "mean", "time", "longest", "% of u0-u1"])
    var shown = 0
    for (site, rows, _) in dearest where shown < TextReportWriter.shownRows {
      table.add([printable(site.site)], isDim: true)
      for row in rows {
        let mean = row.count > 0 ? Double(row.cycles) / Double(row.count) : 0
        table.add([
          "  " + (row.call.map { printable($0) } ?? "own code"),
          row.call == nil ? "" : compact(row.count),
          row.call == nil || row.roundTrips == 0 ? "" : fixed(Double(row.count) / Double(row.roundTrips), 2),
          approximate(mean),
          nanoseconds(UInt64(min(mean, 0x1p62)), analysis.tscKilohertz).map(duration) ?? "-",
          row.longest.map(compact) ?? "", row.share.map(percent) ?? "-",
        ])
      }
      if !isOne { table.addNote("  " + labels[site.vm]) }
      shown += rows.count
    }
    let note =
      "From a call's entry to its exit, waiting included. Own code: user space, and the processor's way there and back;"
      + " its mean is of a round trip."
    return table.lines(style, width: width)
      + (shown < analysis.systemCalls.count
        ? [style.dim("and \(analysis.systemCalls.count - shown) more: sortie report --json")] : [])
      + wrapped(note, width: width).map(style.dim)
  }
}
