public import SortieGate

/// A check as text for people: the answer first, then a line for each operation.
///
/// - Parameter width: columns of the terminal.
public func textCheck(_ check: CheckResult, colour: Bool, width: Int = 110) -> String {
  let style = TextStyle(colour: colour)
  var lines = wrapped(CheckWords.headline(check), width: width).map(style.bold)
  lines.append(printable("\(check.new) against \(check.old)"))
  lines += check.differences.map {
    (check.isForced ? "FORCED in spite of " : "Not comparable: ") + printable($0)
  }
  lines.append("")
  if !check.cycles.isEmpty {
    lines += cycleTable(check).lines(style, width: width)
    if check.cycles.contains(where: { $0.ratio != nil }) {
      lines += wrapped(CheckWords.meaningOfCycles, width: width).map(style.dim)
    }
  }
  if !check.exits.isEmpty { lines += exitTable(check).lines(style, width: width) }
  lines += [
    "",
    "seed \(check.seed), \(fixed(check.seconds, 0)) s"
      + (conditionsText(check.conditions).map { "; \($0)" } ?? ""),
  ]
  return lines.joined(separator: "\n")
}

private func cycleTable(_ check: CheckResult) -> TextTable {
  var table = TextTable([
    "<operation", "<verdict", "<by", "old", "new", "change", "from", "to", "could see",
    check.mode == .against ? "quartets" : "blocks",
  ])
  for judgement in check.cycles {
    let cycles = CheckWords.cycles(judgement)
    table.add([
      printable(judgement.operation), CheckWords.word(judgement.verdict),
      CheckWords.word(judgement.decidedBy),
      approximate(cycles.old), approximate(cycles.new), CheckWords.change(judgement.ratio),
      CheckWords.change(judgement.low), CheckWords.change(judgement.high),
      CheckWords.change(judgement.smallestDetectable.map { 1 + $0 }), "\(judgement.blocks)",
    ])
    if let reason = judgement.reason { table.addNote("  " + printable(reason, limit: 1000)) }
  }
  return table
}

private func exitTable(_ check: CheckResult) -> TextTable {
  var table = TextTable(["<operation", "<verdict", "<exits", "<reason", "budget", "now", "operations"])
  for judgement in check.exits {
    table.add([printable(judgement.operation), CheckWords.word(judgement.verdict)])
    if let reason = judgement.reason { table.addNote("  " + printable(reason, limit: 1000)) }
    for change in judgement.changes where change.verdict != .pass {
      table.add([
        "", CheckWords.word(change.verdict), change.key.kind.rawValue, printable(change.key.reason),
        CheckWords.range(change.budgetLeast, change.budgetMost),
        CheckWords.range(change.newLeast, change.newMost), "\(judgement.iterations)",
      ])
    }
  }
  return table
}
