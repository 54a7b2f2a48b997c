import Glibc
import SortieGate
import SortieStatistics
import Testing

/// What the statistics of a comparison say of a variant that is held against itself, on blocks that were recorded.
struct SelfComparisonTests {
  /// Blocks of a comparison, as many as one measures unless told otherwise.
  private static let blocks = 12
  private static let comparisons = 1000
  private static let isLong = getenv("SORTIE_TEST_LONG") != nil

  /// What was recorded.
  enum Recording: String, CaseIterable {
    case pioWrite = "pio-write"
    case diskVirtio = "disk-virtio"

    fileprivate var blocks: [(a: [UInt64], b: [UInt64])] {
      self == .pioWrite ? recordedBlocks : recordedDiskBlocks
    }
  }

  /// Logarithms of the ratios of the two sides, one a block.
  private static let pools = Dictionary(
    uniqueKeysWithValues: Recording.allCases.map { recording in
      (
        recording,
        MeasuredBlocks(old: [recording.blocks.map(\.a)], new: recording.blocks.map(\.b)).quartets.rounds
      )
    })

  /// A comparison of so many variants that met other blocks of the same kind. Either side may be called the first, block by
  /// block, which makes the truth exactly "no difference", whatever was recorded; `factor` is what then makes the others dearer.
  private static func differences(
    _ recording: Recording, variants: Int = 1, factor: Double, using generator: inout SeededGenerator
  ) -> Int {
    let (pool, shift) = (pools[recording] ?? [], log(factor))
    let samples = (0..<variants).map { variant in
      let rounds = (0..<blocks).map { _ in
        let sign = generator.coin() ? -1.0 : 1.0
        return pool[generator.index(below: pool.count)].map { sign * $0 + shift }
      }
      return (name: "\(variant)", ratios: GroupedSample(rounds: rounds))
    }
    return VariantEffect.all(samples, against: "a", seed: generator.next()).count { $0.isReal }
  }

  @Test(
    "of 1,000 comparisons of a variant with itself at most 1 % report a difference at the 1 % level",
    arguments: [(.pioWrite, 1), (.diskVirtio, 1)] + (isLong ? [(Recording.diskVirtio, 5)] : []))
  func nothingIsFoundWhereNothingIs(recording: Recording, variants: Int) {
    var generator = SeededGenerator(seed: 20_161)
    let alarms = (0..<Self.comparisons).count { _ in
      Self.differences(recording, variants: variants, factor: 1, using: &generator) > 0
    }
    #expect(alarms <= Self.comparisons / 100, "\(alarms)")
  }

  @Test(
    "a variant that costs two or three times as much is found in every one of 20 comparisons",
    arguments: Recording.allCases)
  func whatIsThereIsFound(recording: Recording) {
    var generator = SeededGenerator(seed: 20_161)
    let factor = recording == .pioWrite ? 2.0 : 3.0
    for _ in 0..<20 {
      #expect(Self.differences(recording, factor: factor, using: &generator) == 1)
    }
  }
}
