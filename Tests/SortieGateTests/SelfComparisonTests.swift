import Glibc
import SortieGate
import SortieStatistics
import Testing

/// What the statistics of a comparison say of a variant that is held against itself, on blocks that were recorded.
struct SelfComparisonTests {
  /// Blocks of a comparison, as many as one measures unless told otherwise.
  private static let blocks = 12
  private static let comparisons = 1000

  /// Logarithms of the ratios of the two sides, one a block.
  private static let pool = MeasuredBlocks(
    old: [recordedBlocks.map(\.a)], new: recordedBlocks.map(\.b)
  ).quartets.rounds

  /// A comparison that met other blocks of the same kind. Either side may be called the first, block by block, which makes
  /// the truth exactly "no difference", whatever was recorded; `factor` is what then makes the second one dearer.
  private static func differences(factor: Double, using generator: inout SeededGenerator) -> Int {
    let shift = log(factor)
    let rounds = (0..<blocks).map { _ in
      let sign = generator.coin() ? -1.0 : 1.0
      return pool[generator.index(below: pool.count)].map { sign * $0 + shift }
    }
    let samples = [(name: "b", ratios: GroupedSample(rounds: rounds))]
    return VariantEffect.all(samples, against: "a", seed: generator.next()).count { $0.isReal }
  }

  @Test("of 1,000 comparisons of a variant with itself at most 1 % report a difference at the 1 % level")
  func nothingIsFoundWhereNothingIs() {
    var generator = SeededGenerator(seed: 20_161)
    let alarms = (0..<Self.comparisons).count { _ in Self.differences(factor: 1, using: &generator) > 0 }
    #expect(alarms <= Self.comparisons / 100, "\(alarms)")
  }

  @Test("a variant that costs twice as much is found in every one of 50 comparisons")
  func whatIsThereIsFound() {
    var generator = SeededGenerator(seed: 20_161)
    for _ in 0..<50 { #expect(Self.differences(factor: 2, using: &generator) == 1) }
  }
}
