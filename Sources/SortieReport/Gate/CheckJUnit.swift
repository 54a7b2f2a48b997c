public import SortieGate

/// A check as JUnit XML, as Jenkins, GitLab and GitHub's reporters read it: a test case for each operation, a failure for a
/// regression, an error for what is not comparable, skipped for what is inconclusive or not on this host.
public func junitCheck(_ check: CheckResult) -> String {
  let cases =
    check.cycles.map { element($0.operation, $0.verdict, description(of: $0)) }
    + check.exits.map { element($0.operation, $0.verdict, description(of: $0)) }
  let verdicts = check.verdicts
  return """
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites>
    <testsuite name="sortie check" tests="\(cases.count)" failures="\(count(verdicts, [.regression]))" \
    errors="\(count(verdicts, [.notComparable]))" skipped="\(count(verdicts, [.inconclusive, .unsupported]))" \
    time="\(fixed(check.seconds, 3).replacing(",", with: ""))">
    \(cases.joined(separator: "\n"))
    </testsuite>
    </testsuites>

    """
}

private func count(_ verdicts: [GateVerdict], _ wanted: [GateVerdict]) -> Int {
  verdicts.count { wanted.contains($0) }
}

private func element(_ operation: String, _ verdict: GateVerdict, _ text: String) -> String {
  let head = "<testcase classname=\"sortie.check\" name=\"\(escaped(operation))\""
  switch verdict {
  case .pass, .improvement: return head + "><system-out>\(escaped(text))</system-out></testcase>"
  case .regression: return head + "><failure message=\"regression\">\(escaped(text))</failure></testcase>"
  case .notComparable: return head + "><error message=\"not comparable\">\(escaped(text))</error></testcase>"
  case .inconclusive, .unsupported:
    return head + "><skipped message=\"\(CheckWords.word(verdict)): \(escaped(text))\"/></testcase>"
  }
}

private func description(of judgement: CycleJudgement) -> String {
  judgement.reason
    ?? "change \(CheckWords.change(judgement.ratio)) by \(CheckWords.word(judgement.decidedBy)), between \(CheckWords.change(judgement.low)) and "
    + "\(CheckWords.change(judgement.high)), tolerance \(fixed(judgement.tolerance * 100, 2)) %"
}

private func description(of judgement: CountJudgement) -> String {
  if let reason = judgement.reason { return reason }
  let changes = judgement.changes.filter { $0.verdict != .pass }.map(CheckWords.change)
  return changes.isEmpty
    ? "the exits of \(judgement.iterations) operations are as budgeted" : changes.joined(separator: "; ")
}

/// What has a meaning in XML, and what XML 1.0 has no place for.
private func escaped(_ text: String) -> String {
  var result = ""
  for character in printable(text, limit: 2000) {
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    default: result.append(character)
    }
  }
  return result
}
