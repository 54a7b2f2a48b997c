import SortieAnalysis

/// Light exits against heavy ones, and the usual figure for a heavy change beside the one measured here.
enum ClassTable {
  static func lines(of analysis: Analysis, _ style: TextStyle, width: Int) -> [String] {
    let classes = analysis.classes
    var rows: [(name: String, tier: String, cycles: CycleSummary?)] = []
    if classes.heavyChange.count > 0 {
      rows.append(("heavy change, (g1-g0)-(u1-u0)", "guest, vmm", classes.heavyChange))
    }
    if classes.heavyEpisodes.count > 0 {
      rows.append(("heavy exits, k0-k2", "kernel", classes.heavyEpisodes))
    }
    if classes.lightOperations.count > 0 {
      rows.append(("light operations, g0-g1", "guest", classes.lightOperations))
    }
    if analysis.totals.parts != nil || classes.lightEpisodes != nil {
      rows.append(("light exits, k0-k2", "kernel", classes.lightEpisodes))
    }
    guard rows.contains(where: { $0.cycles != nil }) else { return [] }
    var table = TextTable(["<", "<tier", "count", "p50", "time", "p90", "p99", "all of them"])
    for row in rows {
      guard let cycles = row.cycles else {
        table.add([row.name, row.tier, "unknown"])
        continue
      }
      table.add([
        row.name, row.tier, compact(cycles.count), cycles.p50.map(compact) ?? "-",
        cycles.p50.flatMap { nanoseconds($0, analysis.tscKilohertz) }.map(duration) ?? "-",
        cycles.p90.map(compact) ?? "-", cycles.p99.map(compact) ?? "-",
        cycles.count > 0 ? compact(cycles.sum) : "-",
      ])
    }
    return table.lines(style, width: width) + wrapped(change(analysis), width: width).map(style.dim)
  }

  private static func change(_ analysis: Analysis) -> String {
    let figure = ClassCosts.lectureHeavyChange
    var text =
      "A heavy change is out of the guest, to user space and back: a rule of thumb says \(grouped(figure)) cycles"
    if let measured = analysis.classes.heavyChange.p50 {
      text += ", the median here is \(compact(measured)), ×\(fixed(Double(measured) / Double(figure), 2))"
    } else {
      text += "; here none was stamped by its guest"
    }
    return text + ". " + meaning(of: analysis.guestExecution)
  }

  private static func meaning(of kind: GuestExecution) -> String {
    switch kind {
    case .emulatesGuestCode: "This host's KVM emulates guest code: no hardware exit is in that figure."
    case .emulatedProcessor: "This host's processor is emulated (the lab): the figure is the emulator's."
    case .nested: "This host is a virtual machine: the hypervisor below has its part in each exit."
    case .hardware: "This host's exits are the processor's own."
    case .unknown: "What executes guests on this host was not recorded."
    }
  }
}
