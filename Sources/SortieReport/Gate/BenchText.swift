import SortieAnalysis
public import SortieGate

/// What `sortie bench` measured, as text for people: a line for each operation, its exits by reason below.
///
/// - Parameter width: columns of the terminal.
public func textBench(_ result: BenchResult, colour: Bool, width: Int = 110) -> String {
  let style = TextStyle(colour: colour)
  let operations = result.operations
  let hasCycles = operations.contains { $0.cycles != nil }
  var table = TextTable(
    ["<operation", "<class", "exits/op"]
      + (hasCycles ? ["p50", "p90", "p99", "p99.9", "block medians", "blocks"] : []))
  for operation in operations {
    if let obstacle = operation.obstacle {
      table.add([printable(operation.name), "-"])
      table.addNote("  left out: " + printable(obstacle, limit: 1000))
      continue
    }
    let cycles = operation.cycles
    let figures = [
      cell(cycles?.p50), cell(cycles?.p90), cell(cycles?.p99), cell(cycles?.p999), spread(cycles),
      cycles.map { "\($0.rounds.joined().count)" } ?? "-",
    ]
    table.add(
      [printable(operation.name), printable(operation.operationClass), perOperation(operation.exits)]
        + (hasCycles ? figures : []))
    if let exits = operation.exits { table.addNote("  " + printable(reasons(exits), limit: 1000)) }
    if let modes = cycles?.modes, !modes.isEmpty {
      let heaps = modes.map { "\(grouped($0.cycles)) (\(percent($0.share)) %)" }.joined(separator: ", ")
      table.addNote("  several modes, so no one figure describes it: " + heaps)
    }
  }
  let session = result.sessions.last
  return
    ([
      style.bold(
        hasCycles
          ? "Cycles of an operation as the guest sees it (g0 to g1), and its exits" : "Exits of an operation"),
      hostLine(result.host), "",
    ] + table.lines(style, width: width) + [
      ""
    ] + (stampLine(session?.stamps).map { [$0] } ?? []) + [
      "\(counted(UInt64(result.sessions.count), "session")), the last ended \(printable(session?.ended ?? "-"))"
        + (session.flatMap { conditionsText($0.conditions) }.map { "; \($0)" } ?? "")
    ]).joined(separator: "\n")
}

/// What the stamps cost, beside the figures that hold it; nil where that was not measured.
func stampLine(_ stamps: CycleResult?) -> String? {
  guard let stamps, let median = stamps.p50 else { return nil }
  return "the stamps' own cost is in every figure: \(grouped(median)) cycles at the median"
    + (stamps.p99.map { ", \(grouped($0)) at p99" } ?? "") + " (the null loop, "
    + "\(counted(UInt64(stamps.rounds.joined().count), "block")))"
}

/// What the host did while it was measured; nil where nothing is known of it.
func conditionsText(_ conditions: [String: String]) -> String? {
  let words = [
    ("steal", "steal"), ("busy_processors", "busy processors"), ("load_before", "load before"),
    ("load_after", "after"),
  ].compactMap { key, name in conditions[key].map { "\(name) \(printable($0))" } }
  return words.isEmpty ? nil : words.joined(separator: ", ")
}

private func cell(_ cycles: UInt64?) -> String { cycles.map { compact($0) } ?? "-" }

/// The least and the greatest median of a block.
private func spread(_ cycles: CycleResult?) -> String {
  guard let medians = cycles?.rounds.joined(), let least = medians.min(), let most = medians.max() else {
    return "-"
  }
  return "\(compact(least))-\(compact(most))"
}

/// Exits an operation, of the best evidence: the hardware's where it is reported, else round trips.
private func perOperation(_ exits: ExitCensus?) -> String {
  guard let exits, exits.iterations > 0 else { return "-" }
  let hardware = exits.counts.filter { $0.key.kind == .light || $0.key.kind == .heavy }
  let counted = (hardware.isEmpty ? exits.counts.filter { $0.key.kind == .roundTrip } : hardware)
    .filter { !$0.key.belongsToHost }
  return fixed(Double(counted.reduce(0) { $0 + $1.least }) / Double(exits.iterations), 2)
    + (hardware.isEmpty ? " heavy" : "")
}

private func reasons(_ exits: ExitCensus) -> String {
  exits.counts.filter { !$0.key.belongsToHost }.map {
    "\($0.key.kind.rawValue) \($0.key.reason) \(CheckWords.range($0.least, $0.most))"
  }.joined(separator: ", ") + " in \(grouped(exits.iterations)) operations"
}
