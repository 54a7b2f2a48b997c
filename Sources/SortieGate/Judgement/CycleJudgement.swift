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
  /// New cycles over old, 1 is no change; nil where nothing was measured.
  public var ratio: Double?
  /// The lower end of the interval that holds the true ratio.
  public var low: Double?
  /// Its upper end.
  public var high: Double?
  /// How sure the interval is, 0 to 1.
  public var confidence: Double?
  /// Probability of a change as large by chance alone, corrected for the number of operations (Holm).
  public var pValue: Double?
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
  /// permutation test cannot call it an improvement yet.
  var isFinal: Bool {
    let mayImprove = verdict == .pass && (high ?? 1) < 1 / (1 + tolerance)
    return verdict != .inconclusive && !mayImprove
  }

  /// A judgement without figures.
  public init(_ operation: String, _ verdict: GateVerdict, reason: String, tolerance: Double) {
    self.operation = operation
    self.verdict = verdict
    self.reason = reason
    self.tolerance = tolerance
  }

  /// Judges what is known of the operations of one run, in their order: regression or improvement where the interval lies
  /// beyond the tolerance and the permutation test says that it is no chance, pass where it lies below the tolerance,
  /// inconclusive where it straddles it (DESIGN section 5).
  public static func judge(_ evidence: [CycleEvidence]) -> [CycleJudgement] {
    let tested = evidence.indices.filter { evidence[$0].pValue != nil }
    let adjusted = HolmCorrection.adjusted(tested.compactMap { evidence[$0].pValue })
    var pValues = [Double?](repeating: nil, count: evidence.count)
    for (index, value) in zip(tested, adjusted) { pValues[index] = value }
    return zip(evidence, pValues).map { CycleJudgement($0, pValue: $1, tested: tested.count) }
  }

  private init(_ evidence: CycleEvidence, pValue: Double?, tested: Int) {
    operation = evidence.operation
    tolerance = evidence.tolerance
    reason = evidence.obstacle
    blocks = evidence.blocks
    rounds = evidence.rounds
    ratio = evidence.estimate.map { exp($0) }
    self.pValue = pValue
    verdict = .inconclusive
    guard let interval = evidence.interval, let reach = evidence.reach else { return }
    confidence = CycleEvidence.confidence
    (low, high) = (exp(interval.lowerBound), exp(interval.upperBound))
    let limit = log(1 + tolerance)
    let isReal = pValue.map { $0 <= CycleEvidence.levelOfChange } ?? false
    if interval.lowerBound > limit {
      if isReal { verdict = .regression }
    } else if interval.upperBound < -limit, isReal {
      verdict = .improvement
    } else if interval.upperBound < limit {
      verdict = .pass
    }
    // Of few rounds and many operations no permutation test can say that anything is real.
    let least = (evidence.leastPValue ?? 0) * Double(tested)
    if least <= CycleEvidence.levelOfChange {
      smallestDetectable =
        exp(DetectableEffect.smallest(beyond: limit, reach: reach, confidence: CycleEvidence.confidence)) - 1
    }
    if verdict == .inconclusive, interval.lowerBound > limit {
      reason =
        least > CycleEvidence.levelOfChange
        ? "it looks dearer, but \(rounds) rounds are too few to rule chance out; give more --budget"
        : "it looks dearer, but the rounds do not agree"
    }
  }
}
