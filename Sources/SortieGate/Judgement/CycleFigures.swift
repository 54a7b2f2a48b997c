/// What one statistic says of an operation's cycles.
public struct CycleFigures: Codable, Sendable, Equatable {
  /// New cycles over old.
  public var ratio: Double
  /// The lower end of the interval that holds the true ratio.
  public var low: Double
  /// Its upper end.
  public var high: Double
  /// Probability of a change as large by chance alone, corrected for the number of tests of the run (Holm).
  public var pValue: Double
  /// The statistic of the old side's blocks, cycles; nil where it knows the ratio alone.
  public var oldCycles: Double?
  /// The statistic of the new side's blocks, cycles.
  public var newCycles: Double?
}
