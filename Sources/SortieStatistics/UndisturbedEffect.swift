/// How far two sides lie apart where nothing disturbs them: the difference of low quantiles.
///
/// What disturbs a measurement (neighbours on the host, interrupts, caches that others filled) only ever adds to it, in
/// amounts that come and go, so the least disturbed values repeat best while mean and median wander with the share of the
/// disturbed ones (Chen and Revels, "Robust benchmarking in noisy environments", 2016, who take the minimum; a quantile does
/// not hang on a single value). What it cannot see is a change in how often a side is slow: the mean sees that.
public struct UndisturbedEffect: Sendable, Equatable {
  /// The quantile of each side.
  public static let probability = 0.05
  /// The share of both sides' values that the permutation test looks at, the lowest: twice the quantile, for where one side is
  /// dearer by more than undisturbed values scatter, they are the other side's alone.
  public static let lowestShare = 2 * probability

  /// The low quantile of the old side and of the new, as logarithms.
  public let old: Double, new: Double
  /// The interval that holds the true difference.
  public let interval: ClosedRange<Double>
  /// Probability of a difference as clear by chance alone.
  public let pValue: Double
  /// The least that ``pValue`` could be of lowest values in so many rounds.
  public let leastPValue: Double

  /// The difference, new less old.
  public var estimate: Double { new - old }

  /// What `sample` tells; nil where it has fewer than
  /// ``HierarchicalBootstrap/leastRounds`` rounds. Precondition: 0 < `confidence` < 1.
  ///
  /// - Parameter draws: the most random permutations that are drawn.
  public init?(
    _ sample: PairedSample, confidence: Double, resamples: Int = 2000,
    draws: Int = PermutationTest.usualDraws, using generator: inout SeededGenerator
  ) {
    guard sample.rounds.count >= HierarchicalBootstrap.leastRounds, resamples > 0 else { return nil }
    let sides = (SortedSide(sample.rounds.map(\.old)), SortedSide(sample.rounds.map(\.new)))
    let once = [Int](repeating: 1, count: sample.rounds.count)
    old = sides.0.quantile(Self.probability, drawn: once)
    new = sides.1.quantile(Self.probability, drawn: once)
    interval = Self.interval(
      around: new - old, sides, rounds: once.count, confidence, resamples, using: &generator)
    let scores = Self.scores(sample)
    pValue = PermutationTest.signFlip(scores, draws: draws, using: &generator) ?? 1
    leastPValue = PermutationTest.leastSignFlip(rounds: scores.rounds.count, draws: draws)
  }

  /// Rounds are drawn with replacement, and of a drawn round all values: resampling them as well would count the noise within
  /// rounds twice (Davison and Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8). The interval is what
  /// the percentiles of the resamples and Student's t with their standard deviation span: of few rounds either
  /// alone may be too narrow.
  private static func interval(
    around estimate: Double, _ sides: (SortedSide, SortedSide), rounds: Int, _ confidence: Double,
    _ resamples: Int, using generator: inout SeededGenerator
  ) -> ClosedRange<Double> {
    var drawn = [Int](repeating: 0, count: rounds)
    let replicates = (0..<resamples).map { _ in
      for index in drawn.indices { drawn[index] = 0 }
      for _ in drawn.indices { drawn[generator.index(below: rounds)] += 1 }
      return sides.1.quantile(probability, drawn: drawn) - sides.0.quantile(probability, drawn: drawn)
    }
    let bootstrap = HierarchicalBootstrap(replicates: replicates)
    let percentiles = bootstrap.interval(confidence: confidence)
    let reach =
      bootstrap.standardError * StudentDistribution.quantile((1 + confidence) / 2, degrees: rounds - 1)
    return min(percentiles.lowerBound, estimate - reach)...max(percentiles.upperBound, estimate + reach)
  }

  /// For each round that holds any of the lowest values of both sides, by how much the old side's weigh more than the new
  /// side's: the lowest of all weighs most, the weights fall in equal steps, and equal values weigh the same. Were the sides
  /// only names, the sign of a round would be a matter of chance.
  ///
  /// The quantiles themselves would be a poor statistic for permutations: with labels exchanged, either side holds some of the
  /// undisturbed values of the other, and a quantile jumps between the two heaps.
  static func scores(_ sample: PairedSample) -> GroupedSample {
    var values: [(value: Double, round: Int, isOld: Bool)] = []
    values.reserveCapacity(2 * sample.count)
    for (index, round) in sample.rounds.enumerated() {
      values += round.old.map { ($0, index, true) } + round.new.map { ($0, index, false) }
    }
    values.sort { $0.value < $1.value }
    let lowest = Int((lowestShare * Double(values.count)).rounded(.up))
    var scores = [Double](repeating: 0, count: sample.rounds.count)
    var isTouched = [Bool](repeating: false, count: sample.rounds.count)
    var start = 0
    while start < lowest {
      let end = values[start...].firstIndex { $0.value != values[start].value } ?? values.count
      // The first weighs `lowest`, the next one less, and from `lowest` on nothing; equal values share what they weigh.
      let weights = (start..<min(end, lowest)).reduce(0) { $0 + lowest - $1 }
      let weight = Double(weights) / Double(end - start)
      for value in values[start..<end] {
        scores[value.round] += value.isOld ? weight : -weight
        isTouched[value.round] = true
      }
      start = end
    }
    return GroupedSample(rounds: scores.indices.filter { isTouched[$0] }.map { [scores[$0]] })
  }
}

/// The values of one side in ascending order, each with its round.
private struct SortedSide {
  private let values: [(value: Double, round: Int)]
  private let sizes: [Int]

  init(_ rounds: [[Double]]) {
    sizes = rounds.map(\.count)
    values = rounds.enumerated().flatMap { index, round in round.map { ($0, index) } }
      .sorted { $0.0 < $1.0 }
  }

  /// The quantile as ``Location/quantile(_:of:)`` has it, were every round there as often as `drawn` says; at least one is.
  func quantile(_ probability: Double, drawn: [Int]) -> Double {
    var count = 0
    for round in sizes.indices { count += sizes[round] * drawn[round] }
    let position = probability * Double(count - 1)
    let index = Int(position)
    var (passed, below) = (0, 0.0)
    var isFound = false
    for (value, round) in values where drawn[round] > 0 {
      passed += drawn[round]
      if !isFound, passed > index {
        below = value
        isFound = true
      }
      if passed > index + 1 { return below + (value - below) * (position - Double(index)) }
    }
    return below
  }
}
