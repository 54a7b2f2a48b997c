import SortieAnalysis
import SortieGate

/// The tables of a comparison, as titles and cells: text and Markdown set them each in its way.
struct ComparisonTable {
  /// What stands over it.
  var heading: String
  /// Titles of columns; `<` begins those aligned to the left.
  var columns: [String]
  var rows: [Row] = []
  /// What there is to say about it.
  var note = ""

  struct Row {
    /// What this row and those behind it are of; empty: what the row before is of.
    var group = ""
    var cells: [String]
    /// More about it.
    var note = ""
  }

  /// Sites shown; all stand in the JSON.
  static let shownSites = 40
}

extension ComparisonTable {
  /// Exits of each operation by reason, light and heavy: what means the same on every host.
  static func reasons(_ comparison: TraceComparison) -> ComparisonTable {
    struct Reason: Hashable { var exitClass, name: String }
    let isPerOperation = comparison.workloads.allSatisfy(comparison.isPerOperation)
    var table = ComparisonTable(
      heading: "Exits by reason\(isPerOperation ? ", of each operation" : "")\(scope(comparison))",
      columns: ["<reason", "<class"] + comparison.sides.indices.map(ComparisonWords.letter))
    var sums: [Reason: [Double?]] = [:]
    for row in comparison.rows {
      let reason = Reason(exitClass: row.site.exitClass.rawValue, name: row.site.reason)
      let counts = row.cells.map { isPerOperation ? $0.exitsPerOperation : $0.exits.map { Double($0) } }
      sums[reason] =
        sums[reason].map { zip($0, counts).map { a, b in a.flatMap { a in b.map { a + $0 } } } } ?? counts
    }
    let sorted = sums.sorted { a, b in
      let (most, others) = (a.value.reduce(0) { max($0, $1 ?? 0) }, b.value.reduce(0) { max($0, $1 ?? 0) })
      return (most, b.key.name, b.key.exitClass) > (others, a.key.name, a.key.exitClass)
    }
    for (reason, counts) in sorted.prefix(shownSites) {
      table.rows.append(
        Row(cells: [printable(reason.name), reason.exitClass] + counts.map(ComparisonWords.each)))
    }
    let light = comparison.sides.filter { !$0.knowsLightExits }.count
    if light > 0 {
      table.note =
        "Light exits of \(light == comparison.sides.count ? "all sides" : "\(light) of the sides") are unknown, not none: "
        + "there are no kvm_exit events in \(light == 1 ? "that trace" : "those traces")."
    }
    if let outside = ComparisonWords.outside(comparison) {
      table.note += (table.note.isEmpty ? "" : " ") + outside
    }
    if sorted.count > shownSites {
      table.note += " \(sorted.count - shownSites) more reasons are in the JSON."
    }
    return table
  }

  private static func scope(_ comparison: TraceComparison) -> String {
    comparison.siteScope == .guestSpans ? ", between the guest's stamps" : ""
  }

  /// What an operation takes, as the guest stamped it.
  static func operations(_ comparison: TraceComparison) -> ComparisonTable {
    let emulates = comparison.sides.contains { $0.guestExecution == .emulatesGuestCode }
    var table = perSide(
      comparison, "Operations, between the guest's stamps",
      ["operations", "cycles p50", "mean"] + (emulates ? [] : ["op/s"])
    ) { run, side in
      [
        run.operations.map(compact) ?? "unknown", approximate(run.guestCyclesPerOperation),
        approximate(run.meanGuestCyclesPerOperation),
      ] + (emulates ? [] : [approximate(run.operationsPerSecond(side.tscKilohertz))])
    } note: { run in
      guard run.operations != nil else {
        return "how many operations \(grouped(run.heavy)) heavy exits"
          + (run.light.map { " and \(grouped($0)) light ones" } ?? "")
          + " were the trace does not say: --per does"
      }
      guard let guest = run.guest, guest.stages == nil, let composition = guest.composition else { return "" }
      return "one with a round trip: \(Stage.shares(composition))"
    }
    table.note =
      "Cycles are g0 to g1, as the guest stamped them, shared out where it stamps several operations at once"
      + (emulates ? "." : "; op/s is by their mean, of a guest without stamps by the length of its run.")
    return table
  }

  /// What the cycles of an operation are made of.
  static func stages(_ comparison: TraceComparison) -> ComparisonTable {
    var table = perSide(
      comparison, "Stages of an operation, mean cycles",
      Stage.all.map { "\($0.number) \($0.name)" } + ["guest", "blocked", "off CPU"]
    ) { run, _ in
      guard let stages = run.stagesPerOperation else { return nil }
      return Stage.all.map { approximate($0.value(stages)) }
        + [stages.guest, stages.blocked, stages.offCPU].map { approximate($0) }
    }
    table.note =
      "They add up to the mean of those operations that have an exit. Guest: between two exits of one operation. Blocked, off CPU: "
      + "the thread slept, or others ran, in none of the stages."
    return table
  }

  /// What runs took as a whole.
  static func runs(_ comparison: TraceComparison) -> ComparisonTable {
    var table = perSide(
      comparison, "Whole runs, setting up and filling in what is sent included",
      ["heavy/op", "light/op", "vCPU CPU/op", "I/O CPU/op"]
    ) { run, _ in
      func time(_ nanoseconds: UInt64?) -> String {
        run.perOperation(nanoseconds.map { Double($0) }).map { duration($0) } ?? "-"
      }
      return [
        ComparisonWords.each(run.heavyPerOperation),
        run.light == nil ? "unknown" : ComparisonWords.each(run.lightPerOperation),
        time(run.vcpuCPUTime), time(run.deviceCPUTime),
      ]
    }
    table.note =
      "CPU: what the scheduler counted for the vCPU threads, and for those that serve the devices, the kernel's for vhost and what "
      + "answers the plan's frames among them; - where it was not read, or there are none."
    return table
  }

  /// A table with a row for each side, of each workload that is told apart.
  private static func perSide(
    _ comparison: TraceComparison, _ heading: String, _ columns: [String],
    cells: (RunFigures, ComparedSide) -> [String]?, note: (RunFigures) -> String = { _ in "" }
  ) -> ComparisonTable {
    var table = ComparisonTable(heading: heading, columns: ["<side"] + columns)
    for workload in comparison.workloads.prefix(TextReportWriter.shownRows) {
      for (index, side) in comparison.sides.enumerated() {
        let name =
          workload.map { "\(ComparisonWords.letter(index)) \(printable($0, limit: 40))" }
          ?? ComparisonWords.name(comparison, index)
        guard let run = side.figures(of: workload) else {
          table.rows.append(Row(cells: [name, "not there"]))
          continue
        }
        if let cells = cells(run, side) { table.rows.append(Row(cells: [name] + cells, note: note(run))) }
      }
    }
    let more = comparison.workloads.count - TextReportWriter.shownRows
    if more > 0 { table.rows.append(Row(cells: ["\(more) more workloads are in the JSON"])) }
    return table
  }

  /// Site by site, each with all sides that have it and the first.
  static func sites(_ comparison: TraceComparison) -> ComparisonTable {
    let isPerOperation = comparison.workloads.allSatisfy(comparison.isPerOperation)
    var table = ComparisonTable(
      heading: "Site by site\(scope(comparison)); cycles/op are \(ComparisonWords.interval(comparison))",
      columns: [
        "<side", "exits", "/op", "difference", "share %", "p50/exit",
        comparison.interval == .exitToEntry ? "on CPU/exit" : "mean/exit", "cycles/op", "difference",
        "share %",
      ])
    for row in comparison.rows.prefix(shownSites) {
      let shown = row.cells.indices.filter {
        $0 == 0 || comparison.sides.count == 2 || row.cells[$0].isPresent
      }
      for side in shown {
        table.rows.append(
          Row(
            group: side == shown[0] ? ComparisonWords.name(row.site) : "",
            cells: [ComparisonWords.letter(side)]
              + cells(row.cells[side], row.differences[side], comparison.interval)))
        if let stages = row.cells[side].stages {
          table.rows[table.rows.count - 1].note = "stages: \(Stage.shares(stages))"
        }
      }
      let hidden = row.cells.indices.filter { !shown.contains($0) }
      let none = hidden.filter { row.cells[$0].exits == 0 }
      let unknown = hidden.filter { row.cells[$0].exits == nil }
      let notes = [("none in", none), ("unknown in", unknown)].filter { !$0.1.isEmpty }.map {
        "\($0.0) \($0.1.map(ComparisonWords.letter).joined(separator: ", "))"
      }
      if !notes.isEmpty {
        let own = table.rows[table.rows.count - 1].note
        table.rows[table.rows.count - 1].note = ([own].filter { !$0.isEmpty } + notes).joined(separator: "; ")
      }
    }
    table.note =
      (isPerOperation
        ? "Differences are of each operation, from A; shares"
        : "A side does not say how many operations it performed (--per does): differences are of whole traces, from A; shares")
      + " are of all that differs, whichever way. p50\(comparison.interval == .exitToEntry ? " is" : " and mean are") of u0 to u1, of "
      + "light exits k0 to k2, blocked and off-CPU time in it."
    if comparison.rows.count > shownSites {
      table.note += " \(comparison.rows.count - shownSites) more sites are in the JSON."
    }
    return table
  }

  private static func cells(
    _ cell: TraceComparison.Cell, _ difference: TraceComparison.Difference?, _ interval: CostInterval
  ) -> [String] {
    [
      cell.isPresent ? cell.exits.map(compact) ?? "-" : cell.exits == nil ? "unknown" : "none",
      ComparisonWords.each(cell.exitsPerOperation),
      ComparisonWords.signed(difference?.exits) { ComparisonWords.each($0) },
      difference?.exitsShare.map(percent) ?? "-", cell.median.map(compact) ?? "-",
      approximate(interval == .exitToEntry ? cell.cyclesPerExit : cell.mean),
      approximate(cell.cyclesPerOperation),
      ComparisonWords.signed(difference?.cycles) { approximate($0) },
      difference?.cyclesShare.map(percent) ?? "-",
    ]
  }
}
