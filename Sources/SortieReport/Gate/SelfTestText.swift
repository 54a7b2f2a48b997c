import SortieAnalysis
public import SortieGate

/// What the gate's self-test found, as text for people.
public func textSelfTest(_ result: SelfTestResult, colour: Bool, width: Int = 110) -> String {
  let style = TextStyle(colour: colour)
  var table = TextTable([
    "<trial", "runs", "regression", "pass", "inconclusive", "improvement", "other", "<as wanted",
  ])
  for trial in result.trials {
    table.add(
      [trial.name, "\(trial.runs)"]
        + [GateVerdict.regression, .pass, .inconclusive, .improvement].map {
          "\(trial.verdicts[$0.rawValue] ?? 0)"
        }
        + ["\((trial.verdicts["not_comparable"] ?? 0) + (trial.verdicts["unsupported"] ?? 0))"]
        + [trial.isMet ? "yes" : "NO"])
  }
  let headline =
    result.isMet
    ? "The gate sees what it must, and is quiet where nothing changed."
    : "THE GATE DOES NOT DO WHAT IT MUST on this host: see the trials that say NO."
  return
    ([style.bold(headline), hostLine(result.host), ""] + table.lines(style, width: width) + [
      ""
    ] + result.slowdowns.map(sentence) + [
      "seed \(result.seed), \(fixed(result.seconds, 0)) s"
        + (conditionsText(result.conditions).map { "; \($0)" } ?? "")
    ]).joined(separator: "\n")
}

private func sentence(_ slowdown: SelfTestSlowdown) -> String {
  let how =
    slowdown.cyclesOfExit.map { "\(grouped($0)) cycles more an exit" }
    ?? slowdown.turns.map { "\(counted($0, "turn")) more of a loop in the guest, an operation" } ?? "unknown"
  return
    "injected into \(printable(slowdown.operation)): \(how), +\(fixed(slowdown.share * 100, 1)) % of its median"
}
