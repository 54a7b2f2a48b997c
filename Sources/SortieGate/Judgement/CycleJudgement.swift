internal import Glibc
internal import SortieStatistics

/// What a gate says of an operation's cycles, and the figures behind it.
public struct CycleJudgement: Codable, Sendable, Equatable {
  /// The operation.
  public var operation: String
  /// What it comes to.
  public var verdict: GateVerdict
  /// Why nothing can be said; nil where the figures say it.
  public var reason: String?
  /// The largest change that passes, as a share: 0.02 is 2 %.
  public var tolerance: Double
  /// New cycles over old, 1 is no change, by the statistic that decided; nil where nothing was measured.
  public var ratio: Double?
  /// The lower end of the interval that holds the true ratio.
  public var low: Double?
  /// Its upper end.
  public var high: Double?
  /// How sure the interval is, 0 to 1.
  public var confidence: Double?
  /// Probability of a change as large by chance alone, corrected for the number of tests of the run (Holm).
  public var pValue: Double?
  /// The statistic that decided, or that comes nearest to it; nil where there is no interval.
  public var decidedBy: CycleStatistic?
  /// What the undisturbed blocks say; nil where the sides were not measured in one run.
  public var undisturbed: CycleFigures?
  /// What the mean over all blocks says; nil where the sides were not measured in one run.
  public var mean: CycleFigures?
  /// The smallest true change that this run would have told from the tolerance in 8 of 10 cases, as a share; nil where no
  /// change could have been told.
  public var smallestDetectable: Double?
  /// Quartets of blocks, two of each side, or blocks of the new side where the sides were not measured in one run.
  public var blocks = 0
  /// Rounds, between which programs were started anew.
  public var rounds = 0
  /// Median of the medians of the old side's blocks, cycles.
  public var oldCycles: Double?
  /// Median of the medians of the new side's blocks, cycles.
  public var newCycles: Double?

  /// The blocks that it was judged by; nil where none were measured.
  public var measured: MeasuredBlocks?

  /// Takes in the blocks that it was judged by.
  public mutating func take(_ blocks: MeasuredBlocks) {
    measured = blocks
    oldCycles = blocks.oldMedian
    newCycles = blocks.newMedian
  }

  /// Whether more rounds need not be measured. What looks much cheaper passes whatever they show, but of few rounds the
  /// permutation test cannot call it an improvement yet; and what passes undisturbed may be slow more often while the mean
  /// lies above the tolerance.
  var isFinal: Bool {
    let mayImprove = verdict == .pass && (high ?? 1) < 1 / (1 + tolerance)
    let mayRegress = verdict == .pass && (mean?.ratio ?? 1) > 1 + tolerance
    return verdict != .inconclusive && !mayImprove && !mayRegress
  }

  /// A judgement without figures.
  public init(_ operation: String, _ verdict: GateVerdict, reason: String, tolerance: Double) {
    self.operation = operation
    self.verdict = verdict
    self.reason = reason
    self.tolerance = tolerance
  }

  /// Judges what is known of the operations of one run, in their order: regression where the interval of a statistic lies above
  /// the tolerance and its test says that it is no chance; pass where the first statistic's interval lies below
  /// the tolerance and no other's above it; an improvement is a pass whose interval lies below by more than the tolerance,
  /// where the test agrees; inconclusive is all else (DESIGN section 5).
  public static func judge(_ evidence: [CycleEvidence]) -> [CycleJudgement] {
    let tests = evidence.flatMap(\.effects)
    var adjusted = HolmCorrection.adjusted(tests.map(\.pValue))[...]
    return evidence.map { one in
      let effects = one.effects.map { TestedEffect(effect: $0, pValue: adjusted.removeFirst()) }
      return CycleJudgement(one, effects, tests: tests.count)
    }
  }

  /// An effect with its probability, corrected for all tests of the run.
  private struct TestedEffect {
    let effect: CycleEffect
    let pValue: Double

    var isReal: Bool { pValue <= effect.level }

    var figures: CycleFigures {
      CycleFigures(
        ratio: exp(effect.estimate), low: exp(effect.interval.lowerBound),
        high: exp(effect.interval.upperBound), pValue: pValue, oldCycles: effect.cycles?.old,
        newCycles: effect.cycles?.new)
    }
  }

  private init(_ evidence: CycleEvidence, _ effects: [TestedEffect], tests: Int) {
    operation = evidence.operation
    tolerance = evidence.tolerance
    reason = evidence.obstacle
    blocks = evidence.blocks
    rounds = evidence.rounds
    ratio = evidence.estimate.map { exp($0) }
    verdict = .inconclusive
    guard let first = effects.first else { return }
    let limit = log(1 + tolerance)
    let above = effects.filter { $0.effect.interval.lowerBound > limit }
    let below = effects.filter { $0.effect.interval.upperBound < -limit && $0.isReal }
    let isBelow = first.effect.interval.upperBound < limit
    var deciding = above.first ?? first
    if let real = above.first(where: \.isReal) {
      (verdict, deciding) = (.regression, real)
    } else if above.isEmpty, isBelow, let real = below.first {
      (verdict, deciding) = (.improvement, real)
    } else if above.isEmpty, isBelow {
      verdict = .pass
    }
    let figures = deciding.figures
    (ratio, low, high, pValue) = (figures.ratio, figures.low, figures.high, figures.pValue)
    confidence = deciding.effect.confidence
    decidedBy = deciding.effect.statistic
    if effects.count > 1 {
      undisturbed = effects.first { $0.effect.statistic == .undisturbed }?.figures
      mean = effects.first { $0.effect.statistic == .mean }?.figures
    }
    smallestDetectable = effects.compactMap { $0.effect.smallestDetectable(beyond: limit, tests: tests) }
      .map { exp($0) - 1 }.filter(\.isFinite).min()
    if verdict == .inconclusive, !above.isEmpty {
      let able = above.first { $0.effect.smallestDetectable(beyond: limit, tests: tests) != nil }
      reason = (able ?? deciding).effect.doubt(beyond: limit, tests: tests, rounds: rounds)
    }
  }
}
