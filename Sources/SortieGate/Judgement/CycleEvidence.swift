internal import Glibc
public import SortieStatistics

/// What is known of an operation's change in cycles, as logarithms of the ratio new over old.
///
/// Looking again and again until something shows would find something in noise too, so where both sides are measured in one
/// run the errors allowed are shared out over the looks (Bonferroni), of which there are few, each at half as many rounds
/// again as the one before. At what is held against a baseline is looked once, when the budget is spent, so all of the
/// errors are that look's. The interval may miss the truth more often than a change may be seen where there is none: a gate
/// that cries wolf is switched off.
public struct CycleEvidence: Sendable {
  /// The error allowed to the intervals over all looks at one operation: 5 %.
  public static let level = 0.05
  /// Rounds after which an undecided operation is looked at; measuring ends with the last.
  public static let looks = [8, 12, 18, 27, 40, 60, 90, 135]
  /// Confidence of the interval of blocks that are held against a baseline, 0 to 1.
  public static let confidence = 1 - level
  /// Confidence of either interval of one look where both sides were measured in one run: what they cost undisturbed, and what
  /// they cost on the whole.
  public static let pairedConfidence = 1 - level / Double(2 * looks.count)
  /// The probability allowed, over all looks, operations and statistics of a run, that chance alone makes something look dearer or
  /// cheaper: half of it each way, so that of 1,000 runs in which nothing changed one says regression.
  public static let falseAlarms = 0.002
  /// What the permutation tests must not exceed at one look for a change to be real.
  public static let levelOfLook = falseAlarms / Double(looks.count)
  /// Statistics that tell of each operation where both sides were measured in one run.
  private static let pairedStatistics = 2

  /// The operation.
  public let operation: String
  /// The largest change that passes, as a share.
  public let tolerance: Double
  /// Why there is no interval; nil where there is one.
  public private(set) var obstacle: String?
  /// Values measured, and the rounds they were measured in.
  public let blocks: Int, rounds: Int
  /// The change on the mean; nil where nothing was measured.
  public let estimate: Double?
  /// What tells of the change, in the order in which it is heard; empty where there is an obstacle.
  public private(set) var effects: [CycleEffect] = []

  /// What blocks of both sides tell that were measured in one run: how far the undisturbed ones lie apart, and how far all do
  /// on the mean of quartets of neighbours. On a host with neighbours of its own the first is far sharper; what moves
  /// blocks from fast to slow only the second sees.
  ///
  /// - Parameter operations: operations of the run: the more there are, the rarer must be by chance what is real.
  public init(
    _ operation: String, paired measured: MeasuredBlocks, tolerance: Double, amongst operations: Int = 1,
    using generator: inout SeededGenerator
  ) {
    self.operation = operation
    self.tolerance = tolerance
    let (pairs, quartets) = (measured.pairs, measured.quartets)
    let draws = PermutationTest.draws(
      toTell: Self.levelOfLook / Double(max(operations, 1) * Self.pairedStatistics))
    blocks = quartets.count
    rounds = quartets.rounds.count
    estimate = quartets.estimate
    guard
      let undisturbed = UndisturbedEffect(
        pairs, confidence: Self.pairedConfidence, draws: draws, using: &generator),
      let mean = PairedEffect(quartets, confidence: Self.pairedConfidence, draws: draws, using: &generator),
      let estimate
    else {
      obstacle = Self.tooFew(quartets)
      return
    }
    effects = [
      CycleEffect(
        statistic: .undisturbed, estimate: undisturbed.estimate, interval: undisturbed.interval,
        confidence: Self.pairedConfidence, pValue: undisturbed.pValue, level: Self.levelOfLook,
        test: .permutation(least: undisturbed.leastPValue),
        cycles: (exp(undisturbed.old), exp(undisturbed.new))),
      CycleEffect(
        statistic: .mean, estimate: estimate, interval: mean.interval, confidence: Self.pairedConfidence,
        pValue: mean.pValue, level: Self.levelOfLook, test: .permutation(least: mean.leastPValue)),
    ]
  }

  /// What blocks tell that were measured at another time than the old side's: logarithms of their medians, the old side's
  /// from several sessions. How far sessions lie apart is part of the uncertainty, and is known only as well as a few
  /// sessions tell (Student's t), so there have to be ``leastSessions``, and more are better.
  public init(
    _ operation: String, new: GroupedSample, sessions: [GroupedSample], tolerance: Double,
    using generator: inout SeededGenerator
  ) {
    self.operation = operation
    self.tolerance = tolerance
    blocks = new.count
    rounds = new.rounds.count
    let centers = sessions.compactMap(\.estimate)
    let old = centers.isEmpty ? nil : centers.reduce(0, +) / Double(centers.count)
    if let now = new.estimate, let old { estimate = now - old } else { estimate = nil }
    obstacle = Self.tooFewSessions(centers.count)
    guard obstacle == nil else { return }
    guard let bootstrap = HierarchicalBootstrap(new, using: &generator), let estimate, let old else {
      obstacle = Self.tooFew(new)
      return
    }
    let squares = centers.reduce(0) { $0 + ($1 - old) * ($1 - old) }
    let between = squares / Double(centers.count - 1) * (1 + 1 / Double(centers.count))
    let error = (bootstrap.standardError * bootstrap.standardError + between).squareRoot()
    // Sessions that all say the same still leave open what lies within a step of the clock.
    let step = Double(Self.clockStep([new] + sessions)) / exp(old)
    let degrees = centers.count - 1
    let reach = error * StudentDistribution.quantile((1 + Self.confidence) / 2, degrees: degrees) + step
    let pValue =
      2
      * StudentDistribution.cumulative(
        -max(abs(estimate) - step, 0) / max(error, .leastNormalMagnitude), degrees: degrees)
    effects = [
      CycleEffect(
        statistic: .mean, estimate: estimate, interval: (estimate - reach)...(estimate + reach),
        confidence: Self.confidence, pValue: pValue, level: Self.falseAlarms,
        test: .student(error: error, degrees: degrees, step: step))
    ]
  }

  /// Cycles by which the clock steps: all blocks' medians are multiples of it.
  private static func clockStep(_ samples: [GroupedSample]) -> UInt64 {
    let medians = Set(samples.flatMap { $0.rounds.joined() }.map { UInt64(exp(min($0, 40)).rounded()) })
    // Of one value alone the step is not to be seen.
    guard medians.count > 1 else { return 1 }
    let step = medians.reduce(UInt64(0)) { step, cycles in
      var (a, b) = (step, cycles)
      while b != 0 { (a, b) = (b, a % b) }
      return a
    }
    return min(max(step, 1), longestClockStep)
  }

  /// No time stamp counter that we know of steps by more, cycles: some count a bus clock of which a core has several tens.
  private static let longestClockStep: UInt64 = 64

  /// Sessions of a baseline that let the spread between sessions be told.
  public static let leastSessions = 3

  /// Why a baseline of `count` sessions says nothing; nil where it says something.
  public static func tooFewSessions(_ count: Int) -> String? {
    count >= leastSessions
      ? nil
      : "the baseline holds \(count) session\(count == 1 ? "" : "s"), and how far one lies from another "
        + "is known from \(leastSessions) on: `sortie bench --append` adds one"
  }

  private static func tooFew(_ sample: GroupedSample) -> String {
    "\(sample.rounds.count) round\(sample.rounds.count == 1 ? " was" : "s were") measured and \(HierarchicalBootstrap.leastRounds) are the least; give more --budget"
  }
}
