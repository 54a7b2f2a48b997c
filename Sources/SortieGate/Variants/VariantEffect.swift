internal import Glibc
public import SortieStatistics

/// How a variant's cycles differ from those of the variant that all are held against.
public struct VariantEffect: Sendable, Equatable {
  /// The variant.
  public var variant: String
  /// The one it is held against.
  public var base: String
  /// Its cycles of an operation over the other's, 1 is no difference; nil where nothing was measured.
  public var ratio: Double?
  /// The lower end of the interval that holds the true ratio with ``confidence``.
  public var low: Double?
  /// Its upper end.
  public var high: Double?
  /// Probability of a difference as large by chance alone, corrected for the number of variants (Holm).
  public var pValue: Double?
  /// Blocks in which both were measured.
  public var blocks: Int
  /// The smallest true ratio above 1 that would have been called real in 8 of 10 such experiments; nil where none could have
  /// been.
  public var couldSee: Double?
  /// Why there is no interval, or why no difference could be called real; nil where one could.
  public var obstacle: String?

  /// How sure the interval is.
  public static let confidence = 0.99
  /// The probability allowed that, of variants which do not differ, one is said to.
  public static let level = 0.01

  /// Chance is ruled out: the interval leaves out "no difference", and the permutation test says so too.
  public var isReal: Bool {
    guard let low, let high, let pValue else { return false }
    return pValue <= Self.level && !(low...high).contains(1)
  }

  /// Blocks without which nothing is called real where so many variants are held against one: their permutations are too few.
  static func leastBlocks(comparisons: Int) -> Int {
    (1...64).first {
      PermutationTest.leastSignFlip(rounds: $0, draws: PermutationTest.usualDraws) * Double(comparisons)
        <= level
    } ?? 64
  }

  /// The effects of `variants`, all but the first against the first.
  ///
  /// - Parameter variants: cycles of an operation in each run of a variant, block by block; a block holds the same number of
  ///   runs of each.
  public static func all(_ variants: [(name: String, cycles: [[UInt64]])], seed: UInt64) -> [VariantEffect] {
    guard let base = variants.first else { return [] }
    let samples = variants.dropFirst().map { variant in
      (variant.name, MeasuredBlocks(old: [base.cycles], new: variant.cycles).quartets)
    }
    return all(samples, against: base.name, seed: seed)
  }

  /// The effects that `samples` show: logarithms of the ratios of each variant's cycles over those of `base`.
  public static func all(
    _ samples: [(name: String, ratios: GroupedSample)], against base: String, seed: UInt64
  ) -> [VariantEffect] {
    let found = samples.enumerated().map { index, sample in
      var generator = SequentialJudgement.generator(
        seed, operation: index, rounds: sample.ratios.rounds.count)
      return PairedEffect(sample.ratios, confidence: confidence, using: &generator)
    }
    var adjusted = HolmCorrection.adjusted(found.compactMap { $0?.pValue })[...]
    return zip(samples, found).map { sample, effect in
      var result = VariantEffect(
        variant: sample.name, base: base, ratio: sample.ratios.estimate.map { exp($0) },
        blocks: sample.ratios.rounds.count)
      guard let effect else {
        result.obstacle =
          "\(result.blocks) block\(result.blocks == 1 ? " was" : "s were") measured and "
          + "\(HierarchicalBootstrap.leastRounds) are the least; give more --budget"
        return result
      }
      (result.low, result.high) = (exp(effect.interval.lowerBound), exp(effect.interval.upperBound))
      result.pValue = adjusted.removeFirst()
      result.couldSee = CycleEffect(
        statistic: .mean, estimate: sample.ratios.estimate ?? 0, interval: effect.interval,
        confidence: confidence, pValue: effect.pValue, level: level,
        test: .permutation(least: effect.leastPValue)
      ).smallestDetectable(beyond: 0, tests: samples.count).map { exp($0) }
      if result.couldSee == nil {
        result.obstacle =
          "\(result.blocks) blocks are too few to rule chance out, whatever was measured, and "
          + "\(leastBlocks(comparisons: samples.count)) are enough; give more --blocks and --budget"
      }
      return result
    }
  }
}
