import SortieAnalysis

/// The longest durations of the dearest rows, and why they took so long.
enum OutlierTable {
  /// Rows of which the longest are shown, where there is one VM; all stand in the JSON.
  private static let shownSites = 6
  /// Durations it takes to call one an outlier.
  private static let leastCount: UInt64 = 10

  static func lines(of analysis: Analysis, _ style: TextStyle, width: Int) -> [String] {
    let isOne = analysis.vms.count == 1
    // Of several VMs the longest operation of each; of one, the longest of its operations and of its dearest sites.
    var rows = analysis.sites.filter {
      !outliers(of: $0).isEmpty && $0.cycles.count >= leastCount && (isOne || $0.tier == .guest)
    }
    if isOne { rows = rows.filter { $0.tier == .guest } + rows.filter { $0.tier != .guest } }
    guard !rows.isEmpty else { return [] }
    let names = Dictionary(analysis.vms.compactMap { vm in vm.name.map { (vm.vm, $0) } }) { first, _ in first
    }
    let isMany = rows.contains { $0.longest.contains { $0.vcpu > 0 } }
    var table = TextTable(
      ["<of", "at s"] + (isMany ? ["vCPU"] : []) + [analysis.unit.noun, "time", "× p50", "<why"])
    for row in rows.prefix(isOne ? shownSites : TextReportWriter.shownRows) {
      if isOne { table.add([printable(row.site)], isDim: true) }
      for outlier in outliers(of: row).prefix(isOne ? row.longest.count : 1) {
        var cells = [
          isOne ? "" : names[row.vm].map { printable($0, limit: 24) } ?? "VM \(row.vm)",
          // Digits are left out, not rounded, for `sortie dump --from` to begin before it.
          outlier.seconds(since: analysis.origin, analysis.tscKilohertz).map { String($0.dropLast(3)) }
            ?? "-",
        ]
        if isMany { cells.append("\(outlier.vcpu)") }
        cells += [
          compact(outlier.cycles),
          nanoseconds(outlier.cycles, analysis.tscKilohertz).map(duration) ?? "-",
          row.cycles.p50.map { factor(outlier.cycles, of: $0) } ?? "-", why(outlier),
        ]
        table.add(cells)
      }
    }
    let more =
      rows.count > shownSites && isOne
      ? " Of \(rows.count - shownSites) more sites: sortie report --json." : ""
    let note =
      "Twice the median and more. at: after the first event of the trace, as in sortie dump. A cause is named where"
      + " it took at least half of what is above the median; its share is of the whole. unexplained: nothing that the"
      + " vCPU's thread met accounts for it; unknown: when threads were switched was not recorded." + more
    return table.lines(style, width: width) + wrapped(note, width: width).map(style.dim)
  }

  /// What is far above the median.
  private static func outliers(of row: SiteCost) -> [Outlier] { row.longest.filter { $0.cause != .ordinary } }

  private static func factor(_ cycles: UInt64, of median: UInt64) -> String {
    let factor = Double(cycles) / Double(max(median, 1))
    return factor >= 100 ? approximate(factor) : fixed(factor, 1)
  }

  private static func why(_ outlier: Outlier) -> String {
    func share(_ cycles: UInt64?) -> String {
      cycles.map { " \(percent(Double($0) / Double(max(outlier.cycles, 1)))) %" } ?? ""
    }
    let took = share(outlier.causeCycles)
    switch outlier.cause {
    case .preempted:
      let thread = outlier.preemptor.map { id in
        " by \(outlier.preemptorName.map { printable($0, limit: 16) } ?? "thread") (\(id))"
      }
      return "preempted\(thread ?? ""),\(took)"
    case .waited: return "waited for a page or a lock,\(took)"
    case .queued: return "woken, no CPU free,\(took)"
    case .halt: return "halted,\(took)"
    case .hostInterrupt: return "host interrupt,\(took) seen"
    case .pageFault: return "second-level page fault,\(took)"
    case .device: return "in the device model,\(took)"
    case .ordinary: return ""
    case .unexplained: return "unexplained" + place(outlier, share)
    case .unknown: return "unknown" + place(outlier, share)
    }
  }

  private static func place(_ outlier: Outlier, _ share: (UInt64?) -> String) -> String {
    guard let place = outlier.place else { return "" }
    let name =
      switch place {
      case .exitPath: "1 exit"
      case .switching: "2 switch"
      case .kernel: "3 kernel"
      case .vmm: "VMM"
      case .entryPath: "5 entry"
      case .guest: "guest"
      case .guestToHost: "g0-u0"
      case .between: "between round trips"
      case .hostToGuest: "u1-g1"
      }
    return ";\(share(outlier.placeCycles)) in \(name)"
  }
}
