import SortieGate

/// How figures and verdicts of a check read, in every form of it.
enum CheckWords {
  /// A verdict as people read it; what fails stands out in capitals.
  static func word(_ verdict: GateVerdict) -> String {
    switch verdict {
    case .pass: "pass"
    case .regression: "REGRESSION"
    case .improvement: "improvement"
    case .inconclusive: "inconclusive"
    case .notComparable: "not comparable"
    case .unsupported: "not on this host"
    }
  }

  /// The answer in one sentence.
  static func headline(_ check: CheckResult) -> String {
    let names = { (verdict: GateVerdict) in
      (check.cycles.filter { $0.verdict == verdict }.map(\.operation)
        + check.exits.filter { $0.verdict == verdict }.map(\.operation)).map { printable($0) }
    }
    let isExits = check.mode == .exits
    switch check.outcome {
    case .pass:
      let better = names(.improvement)
      return "PASS: " + (isExits ? "no more exits than budgeted" : "nothing became dearer")
        + (better.isEmpty ? "." : "; improved: \(better.joined(separator: ", ")).")
    case .regression:
      return
        "REGRESSION: \(isExits ? "more exits" : "dearer"): \(names(.regression).joined(separator: ", "))."
    case .inconclusive:
      return "INCONCLUSIVE: too noisy to say of \(names(.inconclusive).joined(separator: ", "))."
    case .notComparable:
      let which = names(.notComparable)
      return "NOT COMPARABLE: "
        + (which.isEmpty ? "no operation could be compared." : "\(which.joined(separator: ", ")).")
    }
  }

  /// The statistic that decided, as a column of a table has it.
  static func word(_ statistic: CycleStatistic?) -> String {
    switch statistic {
    case .undisturbed: "undisturbed"
    case .mean: "mean"
    case nil: "-"
    }
  }

  /// Cycles of the two sides that the change is a change of: of the undisturbed blocks where they decided, else the medians
  /// of all.
  static func cycles(_ judgement: CycleJudgement) -> (old: Double?, new: Double?) {
    let undisturbed = judgement.decidedBy == .undisturbed ? judgement.undisturbed : nil
    return (undisturbed?.oldCycles ?? judgement.oldCycles, undisturbed?.newCycles ?? judgement.newCycles)
  }

  /// A ratio as a change in percent.
  static func change(_ ratio: Double?) -> String {
    guard let ratio else { return "-" }
    return (ratio < 1 ? "-" : "+") + fixed(abs(ratio - 1) * 100, 2) + " %"
  }

  /// A reason's counts, before and now.
  static func change(_ change: CountChange) -> String {
    "\(change.key.kind.rawValue) \(change.key.reason) \(range(change.budgetLeast, change.budgetMost)) to "
      + range(change.newLeast, change.newMost)
  }

  /// Least and most, or the one number that they are.
  static func range(_ least: UInt64, _ most: UInt64) -> String {
    least == most ? "\(least)" : "\(least)-\(most)"
  }
}
