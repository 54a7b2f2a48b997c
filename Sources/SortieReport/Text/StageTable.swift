import SortieAnalysis

/// The five stages of each site as mean cycles, their shares, and a bar of them.
enum StageTable {
  /// Cells of a bar.
  private static let barWidth = 30

  /// One letter a stage, as the bar draws them.
  private static let stages:
    [(letter: Character, title: String, value: @Sendable (StageSummary) -> Double?)] = [
      ("1", "1 exit", { $0.exitPath }), ("2", "2 switch", { $0.switching }),
      ("3", "3 kernel", { $0.kernel }),
      ("4", "4 VMM", { $0.vmm }), ("5", "5 entry", { $0.entryPath }),
    ]

  static func lines(
    of rows: [(name: String, place: String, className: String, stages: StageSummary)],
    in analysis: Analysis, _ style: TextStyle, width: Int
  ) -> [String] {
    guard !rows.isEmpty else { return [] }
    // Of guests without stamps two stages are not known: their columns leave room for the names of sites.
    let stages = stages.filter { stage in
      rows.contains { stage.value($0.stages) != nil }
    }
    var table = TextTable(
      ["<site", "<class"] + stages.map(\.title) + ["all", "blocked", "off-CPU"])
    for row in rows {
      let figures = row.stages
      table.add(
        [row.name, row.className]
          + stages.map { stage in stage.value(figures).map { approximate($0) } ?? "-" }
          + [approximate(figures.whole)]
          + [figures.blocked, figures.offCPU].map { analysis.knowsSchedule ? approximate($0) : "-" })
      let place = row.place.isEmpty ? "" : "  \(row.place)"
      table.addNote("  \(bar(figures))  of \(compact(figures.count))\(place)")
    }
    let note =
      "Mean \(analysis.unit.noun) over operations with one exit, of that site, between the guest's stamps; where there are"
      + " none, over all its exits, without 1 and 5. Blocked and off-CPU time is taken out of the stages. Where a"
      + " kernel reports an exit differs: do not compare 1 across vendors or kernels."
    return table.lines(style, width: width) + wrapped(note, width: width).map(style.dim)
  }

  /// `|1112333344455|  1 23.1 %  2 …`: as many cells a stage as it has of the whole.
  private static func bar(_ row: StageSummary) -> String {
    guard row.whole > 0 else { return "" }
    var text = ""
    var shares: [String] = []
    var seen = 0.0
    for stage in stages {
      guard let value = stage.value(row) else { continue }
      seen += value
      let end = Int((seen / row.whole * Double(barWidth)).rounded())
      text += String(repeating: stage.letter, count: max(0, min(end, barWidth) - text.count))
      if value > 0 { shares.append("\(stage.letter) \(percent(value / row.whole)) %") }
    }
    text += String(repeating: "-", count: max(0, barWidth - text.count))
    return "|\(text)|  " + shares.joined(separator: "  ")
  }
}

/// Where the time of each vCPU thread went, in percent of its wall time.
enum PartsTable {
  static func lines(
    of rows: [(name: String, wall: String, parts: TimeParts)], in analysis: Analysis, _ style: TextStyle,
    width: Int
  ) -> [String] {
    guard !rows.isEmpty else { return [] }
    guard analysis.trips.isTimed else { return lines(ofUntimed: rows, in: analysis, style, width: width) }
    let isDivided = rows.contains { $0.parts.guest > 0 || $0.parts.kernel > 0 }
    let columns: [(String, KeyPath<TimeParts, UInt64>)] =
      (isDivided
        ? [("guest", \TimeParts.guest), ("kernel", \TimeParts.kernel)]
        : [("guest+kernel", \TimeParts.undivided)])
      + [
        ("out", \.switchOut), ("VMM", \.vmm), ("in", \.switchIn), ("blocked", \.blocked),
        ("off-CPU", \.offCPU), ("unacc.", \.unaccounted),
      ] + (rows.contains { $0.parts.leftOut > 0 } ? [("left out", \.leftOut)] : [])
    var table = TextTable(["<vm", "wall"] + columns.map { $0.0 + " %" })
    for row in rows {
      let wall = Double(max(row.parts.accounted &+ row.parts.unaccounted &+ row.parts.leftOut, 1))
      table.add(
        [row.name, row.wall]
          + columns.map { name, part in
            !analysis.knowsSchedule && ["blocked", "off-CPU"].contains(name)
              ? "-" : percent(Double(row.parts[keyPath: part]) / wall)
          })
    }
    var note =
      "out, in: the switch to user space and back. blocked: halted, polling included. off-CPU: wherever the thread was"
      + " then, in the VMM too, which \"vCPU threads\" counts as in the VMM."
    if rows.contains(where: { $0.parts.leftOut > 0 }) { note += " left out: by filters while recording." }
    return table.lines(style, width: width) + wrapped(note, width: width).map(style.dim)
  }

  /// The same where nothing tells the VMM's time from the way there.
  private static func lines(
    ofUntimed rows: [(name: String, wall: String, parts: TimeParts)], in analysis: Analysis,
    _ style: TextStyle, width: Int
  ) -> [String] {
    var table = TextTable([
      "<vm", "wall", "guest %", "kernel %", "outside %", "blocked %", "off-CPU %", "unacc. %",
    ])
    for row in rows {
      let wall = Double(max(row.parts.accounted &+ row.parts.unaccounted, 1))
      func share(_ part: UInt64) -> String { percent(Double(part) / wall) }
      table.add([
        row.name, row.wall, share(row.parts.guest),
        analysis.trips.isCounted ? share(row.parts.kernel) : "-", share(row.parts.outside),
        analysis.knowsSchedule ? share(row.parts.blocked) : "-",
        analysis.knowsSchedule ? share(row.parts.offCPU) : "-",
        share(row.parts.unaccounted),
      ])
    }
    let note =
      analysis.trips.isCounted
      ? "outside: in the VMM, and on the way there and back. blocked: halted, as far as events tell."
      : "outside: out of the guest, in KVM or in the VMM: this recording does not tell these apart."
    return table.lines(style, width: width) + wrapped(note, width: width).map(style.dim)
  }
}
