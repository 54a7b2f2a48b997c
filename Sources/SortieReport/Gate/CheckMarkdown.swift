public import SortieGate

/// A check as GitHub-flavoured Markdown, for a pull request.
public func markdownCheck(_ check: CheckResult) -> String {
  var lines = [
    "### sortie check: \(markdownEscaped(CheckWords.headline(check)))", "",
    "\(code(check.new)) against \(code(check.old))",
  ]
  for difference in check.differences {
    lines += [
      "", "**\(check.isForced ? "Forced in spite of" : "Not comparable"):** \(markdownEscaped(difference))",
    ]
  }
  lines.append("")
  if !check.cycles.isEmpty {
    lines += [
      "| operation | verdict | by | old | new | change | interval | could see | blocks |",
      "|---|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += check.cycles.map { judgement in
      let cycles = CheckWords.cycles(judgement)
      return "| \(markdownEscaped(judgement.operation)) | \(word(judgement.verdict)) "
        + "| \(CheckWords.word(judgement.decidedBy)) | \(approximate(cycles.old)) "
        + "| \(approximate(cycles.new)) | \(CheckWords.change(judgement.ratio)) "
        + "| \(CheckWords.change(judgement.low)) to \(CheckWords.change(judgement.high)) "
        + "| \(CheckWords.change(judgement.smallestDetectable.map { 1 + $0 })) | \(judgement.blocks) |"
    }
  }
  if !check.exits.isEmpty {
    lines += ["| operation | verdict | exits that changed | operations |", "|---|---|---|---:|"]
    lines += check.exits.map { judgement in
      let changes = judgement.changes.filter { $0.verdict != .pass }.map(CheckWords.change)
      return "| \(markdownEscaped(judgement.operation)) | \(word(judgement.verdict)) "
        + "| \(markdownEscaped(changes.joined(separator: "; "))) | \(judgement.iterations) |"
    }
  }
  let reasons =
    check.cycles.compactMap { judgement in judgement.reason.map { (judgement.operation, $0) } }
    + check.exits.compactMap { judgement in judgement.reason.map { (judgement.operation, $0) } }
  if !reasons.isEmpty { lines.append("") }
  lines += reasons.map { "- \(markdownEscaped($0.0)): \(markdownEscaped($0.1))" }
  let conditions = conditionsText(check.conditions).map { "; \($0)" } ?? ""
  lines += [
    "",
    "<sub>\(markdownEscaped(hostLine(check.host))); seed \(check.seed)\(markdownEscaped(conditions))</sub>",
    "",
  ]
  return lines.joined(separator: "\n")
}

private func word(_ verdict: GateVerdict) -> String {
  verdict == .regression ? "**REGRESSION**" : CheckWords.word(verdict)
}

private func code(_ text: String) -> String { "`\(printable(text).replacing("`", with: "'"))`" }

/// What would end a cell of Markdown or begin markup is taken for what it is.
func markdownEscaped(_ text: String) -> String {
  var result = ""
  for character in printable(text, limit: 2000) {
    if "|\\`*_<>[]".contains(character) { result.append("\\") }
    result.append(character)
  }
  return result
}
