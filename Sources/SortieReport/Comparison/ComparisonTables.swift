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

  /// Each side as a whole.
  static func sides(_ comparison: TraceComparison) -> ComparisonTable {
    let emulates = comparison.sides.contains { $0.guestExecution == .emulatesGuestCode }
    var table = ComparisonTable(
      heading: "Whole runs",
      columns: [
        "<side", "operations", "heavy/op", "light/op", "g0-g1/op p50", "mean", "vCPU CPU/op", "I/O CPU/op",
      ] + (emulates ? [] : ["op/s"]))
    for workload in comparison.workloads.prefix(TextReportWriter.shownRows) {
      for (index, side) in comparison.sides.enumerated() {
        let name =
          workload.map { "\(ComparisonWords.letter(index)) \(printable($0, limit: 40))" }
          ?? ComparisonWords.name(comparison, index)
        table.rows.append(row(name, side.figures(of: workload), side, hasRate: !emulates))
      }
    }
    table.note =
      "g0-g1: cycles as the guest stamped them. CPU: what the scheduler counted for the vCPU threads, and for the devices' own; "
      + "- where it was not read, or there are none. Stages: 1 exit path, 2 switch, 3 kernel, 4 VMM, 5 entry path."
    let more = comparison.workloads.count - TextReportWriter.shownRows
    if more > 0 { table.note += " \(more) more workloads are in the JSON." }
    return table
  }

  private static func row(
    _ name: String, _ run: RunFigures?, _ side: ComparedSide, hasRate: Bool
  ) -> Row {
    guard let run else { return Row(cells: [name, "not there"]) }
    func time(_ nanoseconds: UInt64?) -> String {
      run.perOperation(nanoseconds.map { Double($0) }).map { duration($0) } ?? "-"
    }
    var row = Row(
      cells: [
        name, run.operations.map(compact) ?? "unknown", ComparisonWords.each(run.heavyPerOperation),
        run.light == nil ? "unknown" : ComparisonWords.each(run.lightPerOperation),
        approximate(run.guestCyclesPerOperation), approximate(run.meanGuestCyclesPerOperation),
        time(run.vcpuCPUTime), time(run.deviceCPUTime),
      ] + (hasRate ? [approximate(run.operationsPerSecond(side.tscKilohertz))] : []))
    if run.operations == nil {
      row.note =
        "\(grouped(run.heavy)) heavy exits" + (run.light.map { ", \(grouped($0)) light ones" } ?? "")
        + "; how many operations these were the trace does not say: --per does"
    } else if let stages = run.guest?.stages {
      row.note = "stages of an operation: \(Stage.shares(stages))"
    } else if let composition = run.guest?.composition {
      row.note = "an operation: \(Stage.shares(composition))"
    }
    return row
  }

  /// Site by site, each with all sides that have it and the first.
  static func sites(_ comparison: TraceComparison) -> ComparisonTable {
    let isPerOperation = comparison.workloads.allSatisfy(comparison.isPerOperation)
    var table = ComparisonTable(
      heading: "Site by site\(scope(comparison)); cycles are \(ComparisonWords.interval(comparison))",
      columns: [
        "<side", "exits", "/op", "difference", "share %", "p50/exit", "mean/exit", "cycles/op",
        "difference", "share %",
      ])
    for row in comparison.rows.prefix(shownSites) {
      let shown = row.cells.indices.filter {
        $0 == 0 || comparison.sides.count == 2 || row.cells[$0].isPresent
      }
      for side in shown {
        table.rows.append(
          Row(
            group: side == shown[0] ? ComparisonWords.name(row.site) : "",
            cells: [ComparisonWords.letter(side)] + cells(row.cells[side], row.differences[side])))
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
      + " are of all that differs, whichever way. p50 and mean are of u0 to u1, of light exits k0 to k2, blocked and off-CPU time in "
      + "them."
    if comparison.rows.count > shownSites {
      table.note += " \(comparison.rows.count - shownSites) more sites are in the JSON."
    }
    return table
  }

  private static func cells(
    _ cell: TraceComparison.Cell, _ difference: TraceComparison.Difference?
  ) -> [String] {
    [
      cell.isPresent ? cell.exits.map(compact) ?? "-" : cell.exits == nil ? "unknown" : "none",
      ComparisonWords.each(cell.exitsPerOperation),
      ComparisonWords.signed(difference?.exits) { ComparisonWords.each($0) },
      difference?.exitsShare.map(percent) ?? "-", cell.median.map(compact) ?? "-",
      approximate(cell.mean), approximate(cell.cyclesPerOperation),
      ComparisonWords.signed(difference?.cycles) { approximate($0) },
      difference?.cyclesShare.map(percent) ?? "-",
    ]
  }
}
