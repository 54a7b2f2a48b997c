import Glibc
import SortieGate
import SortieStatistics
import Testing

/// Blocks of a host with neighbours: a share of them undisturbed and alike, the others dearer by 25 to 75 %. Now
/// and then a neighbour's disturbance lasts for more than a block.
private struct DisturbedHost {
  /// The share of undisturbed blocks of the old side and of the new.
  var undisturbed = (old: 0.25, new: 0.25)
  /// By how much the new side is dearer, as a share.
  var change = 0.0
  /// How far the launches of the programs lie apart, as a standard deviation of the logarithm.
  var launches = 0.001

  func blocks(rounds: Int, quartets: Int = 2, _ generator: inout SeededGenerator) -> MeasuredBlocks {
    var blocks = MeasuredBlocks()
    var position = 0.5
    for _ in 0..<rounds {
      blocks.beginRound()
      let levels = [normal(launches, &generator), log(1 + change) + normal(launches, &generator)]
      for _ in 0..<quartets {
        var cycles: [[UInt64]] = [[], []]
        for side in generator.coin() ? [0, 1, 1, 0] : [1, 0, 0, 1] {
          if Double.random(in: 0..<1, using: &generator) < 0.9 {
            position = Double.random(in: 0..<1, using: &generator)
          }
          let isQuiet = position < (side == 0 ? undisturbed.old : undisturbed.new)
          let noise =
            isQuiet ? normal(0.0015, &generator) : log(Double.random(in: 1.25..<1.75, using: &generator))
          cycles[side].append(UInt64(32_000 * exp(levels[side] + noise)))
        }
        blocks.append(old: cycles[0], new: cycles[1])
      }
    }
    return blocks
  }

  private func normal(_ deviation: Double, _ generator: inout SeededGenerator) -> Double {
    deviation * NormalDistribution.quantile(Double.random(in: 1e-9..<1 - 1e-9, using: &generator))
  }
}

private func judgement(_ blocks: MeasuredBlocks, seed: UInt64) throws -> CycleJudgement {
  let judged = SequentialJudgement.judge([("op", 0.02, blocks)], seed: seed)
  return try #require(judged[0])
}

struct DisturbedHostTests {
  private static let isLong = getenv("SORTIE_TEST_LONG") != nil

  @Test("5 % are found where a quarter of the blocks is undisturbed, and the mean alone would not find it")
  func shift() throws {
    var generator = SeededGenerator(seed: 31)
    let runs = Self.isLong ? 200 : 3
    var (found, foundByMean) = (0, 0)
    for run in 0..<runs {
      let blocks = DisturbedHost(change: 0.05).blocks(rounds: 60, &generator)
      let judged = try judgement(blocks, seed: UInt64(run))
      if judged.verdict == .regression, judged.decidedBy == .undisturbed { found += 1 }
      let evidence = CycleEvidence("op", paired: blocks, tolerance: 0.02, using: &generator)
      let mean = try #require(evidence.effects.first { $0.statistic == .mean })
      if mean.interval.lowerBound > log(1.02) { foundByMean += 1 }
    }
    #expect(found * 20 >= runs * 19, "\(found) of \(runs)")
    #expect(foundByMean * 2 < runs, "\(foundByMean) of \(runs)")
  }

  @Test("more slow blocks are a regression by the mean, though what is undisturbed costs the same")
  func share() throws {
    var generator = SeededGenerator(seed: 32)
    let runs = Self.isLong ? 100 : 1
    for run in 0..<runs {
      let host = DisturbedHost(undisturbed: (old: 0.9, new: 0.4))
      let judged = try judgement(host.blocks(rounds: 60, &generator), seed: UInt64(run))
      #expect(judged.verdict == .regression && judged.decidedBy == .mean)
      #expect(try #require(judged.undisturbed).high < 1.02)
    }
  }

  @Test("no noise of a disturbed host is called a change")
  func noFalseAlarm() throws {
    var generator = SeededGenerator(seed: 33)
    let suites = Self.isLong ? 1000 : 3
    var verdicts: [GateVerdict: Int] = [:]
    for _ in 0..<suites {
      let pools = [0.15, 0.3, 0.9].map {
        DisturbedHost(undisturbed: (old: $0, new: $0)).blocks(rounds: 40, &generator)
      }
      let replay = try #require(SequentialReplay(pools, rounds: 60, tolerance: 0.02, isNull: true))
      for verdict in replay.run(using: &generator) { verdicts[verdict, default: 0] += 1 }
    }
    #expect(verdicts[.regression, default: 0] == 0 && verdicts[.improvement, default: 0] == 0, "\(verdicts)")
    #expect(verdicts[.pass, default: 0] > suites)
  }

  @Test("a pass of what is undisturbed is not the end while the mean lies above the tolerance")
  func doubt() throws {
    var generator = SeededGenerator(seed: 34)
    let host = DisturbedHost(undisturbed: (old: 0.9, new: 0.4))
    #expect(try judgement(host.blocks(rounds: 12, &generator), seed: 1).rounds == 12)
    let same = DisturbedHost(undisturbed: (old: 0.98, new: 0.98))
    #expect(try judgement(same.blocks(rounds: 12, &generator), seed: 1).rounds == 8)
  }

  @Test("the same blocks and seed give the same figures")
  func determinism() throws {
    var generator = SeededGenerator(seed: 35)
    let blocks = DisturbedHost(change: 0.03).blocks(rounds: 27, &generator)
    #expect(try judgement(blocks, seed: 7) == judgement(blocks, seed: 7))
  }
}
