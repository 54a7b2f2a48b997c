internal import Glibc
public import SortieStatistics

/// What is known of an operation's change in cycles, as logarithms of the ratio new over old.
///
/// Looking again and again until something shows would find something in noise too, so the error allowed is shared out over
/// the looks (Bonferroni), of which there are few, each at half as many rounds again as the one before.
public struct CycleEvidence: Sendable {
  /// The error allowed over all looks at one operation: 5 %.
  public static let level = 0.05
  /// Rounds after which an undecided operation is looked at.
  public static let looks = [8, 12, 18, 27, 40, 60, 90, 135]
  /// Confidence of the interval of one look, 0 to 1.
  public static let confidence = 1 - level / Double(looks.count)

  /// The operation.
  public let operation: String
  /// The largest change that passes, as a share.
  public let tolerance: Double
  /// Why there is no interval; nil where there is one.
  public private(set) var obstacle: String?
  /// Values measured, and the rounds they were measured in.
  public let blocks: Int, rounds: Int
  /// The change; nil where nothing was measured.
  public let estimate: Double?
  /// The interval that holds the true change with ``confidence``.
  public private(set) var interval: ClosedRange<Double>?
  /// The standard error of ``estimate``.
  public private(set) var standardError: Double?
  /// Probability of a change as large by chance alone, not corrected for other operations.
  public private(set) var pValue: Double?

  /// What pairs of neighbouring blocks tell: logarithms of their ratios.
  public init(
    _ operation: String, pairs: GroupedSample, tolerance: Double, using generator: inout SeededGenerator
  ) {
    self.operation = operation
    self.tolerance = tolerance
    blocks = pairs.count
    rounds = pairs.rounds.count
    estimate = pairs.estimate
    guard let bootstrap = HierarchicalBootstrap(pairs, using: &generator) else {
      obstacle = Self.tooFew(pairs)
      return
    }
    interval = bootstrap.interval(confidence: Self.confidence)
    standardError = bootstrap.standardError
    pValue = PermutationTest.signFlip(pairs, using: &generator)
  }

  /// What blocks tell that were measured at another time than the old side's: logarithms of their medians, the old side's
  /// from several sessions. How far sessions lie apart is part of the uncertainty, so there have to be ``leastSessions``.
  public init(
    _ operation: String, new: GroupedSample, sessions: [GroupedSample], tolerance: Double,
    using generator: inout SeededGenerator
  ) {
    let old = GroupedSample(rounds: sessions.flatMap(\.rounds))
    self.operation = operation
    self.tolerance = tolerance
    blocks = new.count
    rounds = new.rounds.count
    let centers = sessions.compactMap(\.estimate)
    let oldEstimate = centers.isEmpty ? nil : centers.reduce(0, +) / Double(centers.count)
    if let now = new.estimate, let oldEstimate { estimate = now - oldEstimate } else { estimate = nil }
    guard centers.count >= Self.leastSessions else {
      obstacle =
        "the baseline holds \(centers.count) session\(centers.count == 1 ? "" : "s"), and how far one lies from another "
        + "is known from \(Self.leastSessions) on: `sortie bench --append` adds one"
      return
    }
    guard let bootstrap = HierarchicalBootstrap(new, minus: old, using: &generator), let estimate,
      let oldEstimate
    else {
      obstacle = Self.tooFew(new)
      return
    }
    let squares = centers.reduce(0) { $0 + ($1 - oldEstimate) * ($1 - oldEstimate) }
    let between = squares / Double(centers.count - 1) * (1 + 1 / Double(centers.count))
    let error = (bootstrap.standardError * bootstrap.standardError + between).squareRoot()
    let reach = error * NormalDistribution.quantile((1 + Self.confidence) / 2)
    interval = (estimate - reach)...(estimate + reach)
    standardError = error
    pValue = 2 * NormalDistribution.cumulative(-abs(estimate) / max(error, .leastNormalMagnitude))
  }

  /// Sessions of a baseline that let the spread between sessions be told.
  public static let leastSessions = 3

  private static func tooFew(_ sample: GroupedSample) -> String {
    "\(sample.rounds.count) rounds were measured and \(HierarchicalBootstrap.leastRounds) are the least; give more --budget"
  }
}
