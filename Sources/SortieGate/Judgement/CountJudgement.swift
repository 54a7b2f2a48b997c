/// What a gate says of an operation's exits: counts are nearly free of noise, so they are held against the budget exit for
/// exit (DESIGN section 5).
public struct CountJudgement: Codable, Sendable, Equatable {
  /// The operation.
  public var operation: String
  /// What it comes to.
  public var verdict: GateVerdict
  /// Why nothing can be said; nil where the counts say it.
  public var reason: String?
  /// Operations that the counts belong to.
  public var iterations: UInt64 = 0
  /// The largest increase of a count that passes, as a share.
  public var tolerance = 0.0
  /// All reasons, by kind and name, each with its verdict.
  public var changes: [CountChange] = []

  /// A judgement without counts.
  public init(_ operation: String, _ verdict: GateVerdict, reason: String) {
    self.operation = operation
    self.verdict = verdict
    self.reason = reason
  }

  /// Judges counts of as many operations as the budget's. What noise adds to a count it adds to some runs only: a reason has
  /// become more where the fewest of the new runs are more than the most of the budget's, and fewer the other way round.
  ///
  /// - Parameter tolerance: the largest increase of a count that passes, as a share.
  public init(_ operation: String, new: ExitCensus, budget: ExitCensus, tolerance: Double = 0) {
    self.operation = operation
    iterations = new.iterations
    self.tolerance = tolerance
    verdict = .pass
    guard new.iterations == budget.iterations else {
      verdict = .notComparable
      reason = "counted over \(new.iterations) operations, the budget over \(budget.iterations)"
      return
    }
    let missing = Set(budget.kinds).subtracting(new.kinds)
    guard missing.isEmpty else {
      verdict = .notComparable
      reason =
        "the budget counts \(missing.sorted().map(\.rawValue).joined(separator: ", ")) exits, which were not counted now"
      return
    }
    let (new, old) = (Self.byKey(new), Self.byKey(budget))
    // Evidence that the budget did not have says nothing about change.
    for key in Set(new.keys).union(old.keys).sorted() where budget.kinds.contains(key.kind) {
      changes.append(
        CountChange(
          key: key, new: new[key], budget: old[key], tolerance: tolerance, iterations: iterations))
    }
    verdict = Self.verdict(changes)
  }

  /// A regression outweighs an improvement.
  private static func verdict(_ changes: [CountChange]) -> GateVerdict {
    let verdicts = Set(changes.map(\.verdict))
    return verdicts.contains(.regression)
      ? .regression : verdicts.contains(.improvement) ? .improvement : .pass
  }

  /// The same counts held against another tolerance; what could not be compared stays so.
  func judgedAgain(tolerance: Double) -> Self {
    guard !changes.isEmpty else { return self }
    var judgement = self
    judgement.tolerance = tolerance
    judgement.changes = changes.map { change in
      CountChange(
        key: change.key, new: ExitCount(key: change.key, least: change.newLeast, most: change.newMost),
        budget: ExitCount(key: change.key, least: change.budgetLeast, most: change.budgetMost),
        tolerance: tolerance, iterations: iterations)
    }
    judgement.verdict = Self.verdict(judgement.changes)
    return judgement
  }

  private static func byKey(_ census: ExitCensus) -> [ExitKey: ExitCount] {
    Dictionary(census.counts.map { ($0.key, $0) }) { first, _ in first }
  }
}

/// A reason's counts now and in the budget.
public struct CountChange: Codable, Sendable, Equatable {
  /// The reason.
  public var key: ExitKey
  /// Fewest and most exits of the new runs.
  public var newLeast: UInt64, newMost: UInt64
  /// Fewest and most exits of the budget's runs.
  public var budgetLeast: UInt64, budgetMost: UInt64
  /// Pass, regression or improvement; pass for what belongs to the host.
  public var verdict: GateVerdict

  /// Of operations, the share that an interrupt may find with interrupts disabled, more or fewer than before: how often that is
  /// depends on when it comes, and so on how busy the host is, for minutes on end.
  private static let windows = 0.05

  init(key: ExitKey, new: ExitCount?, budget: ExitCount?, tolerance: Double, iterations: UInt64) {
    self.key = key
    (newLeast, newMost) = (new?.least ?? 0, new?.most ?? 0)
    (budgetLeast, budgetMost) = (budget?.least ?? 0, budget?.most ?? 0)
    let isByChance = key.isInterruptWindow && budgetLeast != budgetMost
    let slack = isByChance ? Double(iterations) * Self.windows : 0
    let allowed = Double(budgetMost) * (1 + tolerance) + slack
    verdict =
      key.belongsToHost
      ? .pass
      : Double(newLeast) > allowed
        ? .regression : Double(newMost) < Double(budgetLeast) - slack ? .improvement : .pass
  }
}
