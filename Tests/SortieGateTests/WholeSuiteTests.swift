import Glibc
import SortieGate
import SortieStatistics
import Testing

/// Judgements of as many operations as the catalog has.
struct WholeSuiteTests {
  private static let operations = 41

  /// Rounds of one quartet each, as many operations leave time for; the new side is dearer by `change`.
  private static func blocks(change: Double, rounds: Int, _ generator: inout SeededGenerator)
    -> MeasuredBlocks
  {
    var blocks = MeasuredBlocks()
    for _ in 0..<rounds {
      blocks.beginRound()
      let noise = (0..<4).map { _ in Double.random(in: 0.99...1.01, using: &generator) }
      blocks.append(
        old: noise[..<2].map { UInt64(30_000 * $0) },
        new: noise[2...].map { UInt64(30_000 * $0 * (1 + change)) })
    }
    return blocks
  }

  @Test("of 41 operations one that is dearer by half is found, and only that one")
  func regression() throws {
    var generator = SeededGenerator(seed: 41)
    let suite = (0..<Self.operations).map { index in
      (
        name: "\(index)", tolerance: 0.02,
        blocks: Optional(Self.blocks(change: index == 17 ? 0.5 : 0, rounds: 60, &generator))
      )
    }
    let judged = try SequentialJudgement.judge(suite, seed: 1).map { try #require($0) }
    #expect(judged.filter { $0.verdict == .regression }.map(\.operation) == ["17"])
    #expect(judged.count { $0.verdict == .pass } == Self.operations - 1)
    #expect(judged[17].smallestDetectable != nil)
    #expect(SequentialJudgement.judge(suite, seed: 1) == judged)
  }

  @Test("where rounds are too few for so many operations the advice is true: more of them find it")
  func advice() throws {
    var generator = SeededGenerator(seed: 42)
    let measured = Self.blocks(change: 0.5, rounds: 27, &generator)
    func judgement(rounds: Int) -> CycleJudgement {
      let first = MeasuredBlocks(
        old: [Array(measured.old[0][..<rounds])], new: Array(measured.new[..<rounds]))
      var generator = SeededGenerator(seed: 1)
      let evidence = CycleEvidence(
        "op", paired: first, tolerance: 0.02, amongst: Self.operations, using: &generator)
      return CycleJudgement.judge(Array(repeating: evidence, count: Self.operations))[0]
    }
    let few = judgement(rounds: 15)
    #expect(few.verdict == .inconclusive && few.smallestDetectable == nil)
    #expect(try #require(few.reason).contains("give more --budget"))
    #expect(judgement(rounds: 27).verdict == .regression)
  }
}
