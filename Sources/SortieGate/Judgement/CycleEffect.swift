internal import SortieStatistics

/// By what a change in cycles is told.
public enum CycleStatistic: String, Codable, Sendable, CaseIterable {
  /// A low quantile of either side's blocks: what the operation costs where nothing disturbs it.
  case undisturbed
  /// The trimmed mean over all blocks: what it costs on this host, disturbances and all.
  case mean
}

/// How a change is told from chance.
public enum CycleTest: Sendable {
  /// A permutation test, whose probability is at least `least`, whatever was measured.
  case permutation(least: Double)
  /// Student's t, where estimates scatter by the standard deviation `error`, which is known with `degrees` of freedom, beyond a
  /// `step` that nothing tells.
  case student(error: Double, degrees: Int, step: Double)
}

/// What one statistic tells of an operation's change in cycles, as logarithms of the ratio new over old.
public struct CycleEffect: Sendable {
  /// The statistic.
  public let statistic: CycleStatistic
  /// The change.
  public let estimate: Double
  /// The interval that holds the true change with ``confidence``.
  public let interval: ClosedRange<Double>
  /// How sure the interval is, 0 to 1.
  public let confidence: Double
  /// Probability of a change as large by chance alone, not corrected for other tests.
  public let pValue: Double
  /// What ``pValue`` must not exceed, once it is corrected for the other tests, for the change to be real.
  public let level: Double
  /// By what ``pValue`` was told.
  public let test: CycleTest
  /// What the statistic says of either side, cycles; nil where it knows the ratio alone.
  public var cycles: (old: Double, new: Double)?

  /// The smallest true change that would have been found to lie beyond `limit` in 8 of 10 cases, where it is one of `tests`
  /// tests; nil where no change could have been found real.
  func smallestDetectable(beyond limit: Double, tests: Int) -> Double? {
    let reach = (interval.upperBound - interval.lowerBound) / 2
    let probability = level / Double(tests)
    switch test {
    case .permutation(let least):
      guard least <= probability else { return nil }
      let error = reach / NormalDistribution.quantile((1 + confidence) / 2)
      return DetectableEffect.smallest(above: limit + reach, error: error)
    case .student(let error, let degrees, let step):
      // Of few degrees of freedom the probability asks for more than the interval.
      let real = step + error * StudentDistribution.quantile(1 - probability / 2, degrees: degrees)
      return DetectableEffect.smallest(above: max(limit + reach, real), error: error)
    }
  }

  /// Why it is not real though its interval lies above `limit`.
  ///
  /// - Parameter rounds: rounds that were measured.
  func doubt(beyond limit: Double, tests: Int, rounds: Int) -> String {
    switch test {
    case .permutation where smallestDetectable(beyond: limit, tests: tests) != nil:
      "it looks dearer, but the rounds do not agree"
    case .permutation:
      "it looks dearer, but \(rounds) rounds are too few to rule chance out; give more --budget"
    case .student(_, let degrees, _):
      "it looks dearer, but \(degrees + 1) sessions are too few to be sure: record more with `sortie bench --append`"
    }
  }
}
