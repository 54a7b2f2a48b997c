/// By what a change in cycles is told.
public enum CycleStatistic: String, Codable, Sendable, CaseIterable {
  /// A low quantile of either side's blocks: what the operation costs where nothing disturbs it.
  case undisturbed
  /// The trimmed mean over all blocks: what it costs on this host, disturbances and all.
  case mean
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
  /// The least that ``pValue`` could be, whatever was measured.
  public let leastPValue: Double
  /// What the statistic says of either side, cycles; nil where it knows the ratio alone.
  public var cycles: (old: Double, new: Double)?

  /// Half the width of the interval.
  public var reach: Double { (interval.upperBound - interval.lowerBound) / 2 }
}
