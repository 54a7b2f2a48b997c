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
      return "INCONCLUSIVE: \(doubts(check).joined(separator: "; "))."
    case .notComparable:
      let which = names(.notComparable)
      return "NOT COMPARABLE: "
        + (which.isEmpty ? "no operation could be compared." : "\(which.joined(separator: ", ")).")
    }
  }

  /// Why it cannot be told, and of which operations: noise, where a judgement gives no other reason.
  private static func doubts(_ check: CheckResult) -> [String] {
    let judgements =
      check.cycles.map { ($0.operation, $0.verdict, $0.reason) }
      + check.exits.map { ($0.operation, $0.verdict, $0.reason) }
    let doubtful = judgements.filter { $0.1 == .inconclusive }
    var reasons: [String?] = []
    for (_, _, reason) in doubtful where !reasons.contains(reason) { reasons.append(reason) }
    return reasons.map { reason in
      let names = doubtful.filter { $0.2 == reason }.map { printable($0.0) }.joined(separator: ", ")
      return reason.map { "\(printable($0, limit: 1000)) (\(names))" } ?? "too noisy to say of \(names)"
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

  /// Cycles of the two sides that the change is the change of, as ``meaningOfCycles`` says; medians where the blocks are not
  /// known.
  static func cycles(_ judgement: CycleJudgement) -> (old: Double?, new: Double?) {
    if judgement.decidedBy == .undisturbed, let figures = judgement.undisturbed {
      return (figures.oldCycles, figures.newCycles)
    }
    guard let ratio = judgement.ratio, let old = judgement.measured?.oldMean else {
      return (judgement.oldCycles, judgement.newCycles)
    }
    return (old, old * ratio)
  }

  /// What ``cycles(_:)`` are.
  static let meaningOfCycles =
    "change: from old to new; from, to: the interval that holds it. By \"undisturbed\", old and new are the 5 % quantiles of"
    + " either side's blocks; else old is the trimmed mean of the old side's blocks (of their logarithms), and new is old"
    + " with the change, which is the mean over pairs of blocks where both sides were measured in turns."

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
