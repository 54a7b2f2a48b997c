import Glibc
import Testing

@testable import SortieStatistics

/// Pairs whose rounds share a shift, as launches of a program do.
private func sample(
  rounds: Int, pairs: Int, effect: Double, between: Double, within: Double,
  _ generator: inout SeededGenerator
) -> GroupedSample {
  func normal() -> Double {
    NormalDistribution.quantile(Double.random(in: 1e-9..<1 - 1e-9, using: &generator))
  }
  return GroupedSample(
    rounds: (0..<rounds).map { _ in
      let shift = effect + between * normal()
      return (0..<pairs).map { _ in shift + within * normal() }
    })
}

struct StatisticsTests {
  @Test("Holm's correction gives what R's p.adjust gives, in the order given")
  func holm() {
    let adjusted = HolmCorrection.adjusted([0.03, 0.01, 0.05, 0.02, 0.04])
    for (ours, theirs) in zip(adjusted, [0.09, 0.05, 0.09, 0.08, 0.09]) {
      #expect(abs(ours - theirs) < 1e-12)
    }
    #expect(HolmCorrection.adjusted([0.6, 0.7]) == [1, 1])
    #expect(HolmCorrection.adjusted([]).isEmpty)
  }

  @Test("the same seed gives the same interval and probability, another one a slightly different interval")
  func determinism() throws {
    var source = SeededGenerator(seed: 1)
    let pairs = sample(rounds: 20, pairs: 4, effect: 0.05, between: 0.01, within: 0.09, &source)
    func result(_ seed: UInt64) throws -> (ClosedRange<Double>, Double) {
      var generator = SeededGenerator(seed: seed)
      let bootstrap = try #require(HierarchicalBootstrap(pairs, using: &generator))
      return (
        bootstrap.interval(confidence: 0.95), try #require(PermutationTest.signFlip(pairs, using: &generator))
      )
    }
    #expect(try result(3) == result(3))
    #expect(try result(3).0 != result(4).0)
  }

  @Test("an interval holds the truth at least about as often as it says, with rounds that share a shift")
  func coverage() throws {
    var generator = SeededGenerator(seed: 11)
    var covered = 0
    for _ in 0..<100 {
      let pairs = sample(rounds: 25, pairs: 4, effect: 0.03, between: 0.03, within: 0.09, &generator)
      let bootstrap = try #require(HierarchicalBootstrap(pairs, count: 200, using: &generator))
      if bootstrap.interval(confidence: 0.95).contains(0.03) { covered += 1 }
    }
    // Resampling both levels errs to the wide side; ignoring the rounds would cover about 85 %.
    #expect((88...100).contains(covered), "\(covered) of 100")
  }

  @Test("the permutation test calls nothing a difference as often as its level says")
  func permutationLevel() throws {
    var generator = SeededGenerator(seed: 12)
    var flips = 0
    for _ in 0..<200 {
      let pairs = sample(rounds: 20, pairs: 3, effect: 0, between: 0.02, within: 0.09, &generator)
      if try #require(PermutationTest.signFlip(pairs, draws: 199, using: &generator)) <= 0.05 { flips += 1 }
    }
    // 10 of 200, and four standard deviations.
    #expect(flips <= 22 && flips >= 1, "\(flips) of 200")
  }

  @Test(
    "the least probability of a permutation test is what the clearest difference gives",
    arguments: [5, 8, 14, 15, 40])
  func leastPValue(rounds: Int) throws {
    var generator = SeededGenerator(seed: 13)
    let clear = GroupedSample(rounds: Array(repeating: [0.5], count: rounds))
    let pValue = try #require(PermutationTest.signFlip(clear, using: &generator))
    #expect(pValue >= PermutationTest.leastSignFlip(rounds: rounds))
    #expect(pValue <= PermutationTest.leastSignFlip(rounds: rounds) * 10)
  }

  @Test(
    "so many permutations are drawn as the level needs, and a difference that is clear of it is told from chance"
  )
  func drawsOfLevel() throws {
    #expect(PermutationTest.draws(toTell: 0.05) == PermutationTest.usualDraws)
    let level = 3e-6
    let draws = PermutationTest.draws(toTell: level)
    #expect((1_333_333...1_333_335).contains(draws))
    #expect(PermutationTest.draws(toTell: .leastNonzeroMagnitude) > draws)
    var generator = SeededGenerator(seed: 18)
    let clear = GroupedSample(rounds: Array(repeating: [0.5], count: 60))
    let pValue = try #require(PermutationTest.signFlip(clear, draws: draws, using: &generator))
    #expect(pValue <= level && pValue > 0)
  }

  @Test("random flips come to the share of all flips that are as extreme, whatever the number of rounds")
  func drawnFlips() throws {
    var generator = SeededGenerator(seed: 19)
    // Of n signs alike but two, those are as extreme of which at most two differ from the rest.
    for rounds in [15, 16, 17, 20] {
      let values = (0..<rounds).map { [$0 < 2 ? -1.0 : 1.0] }
      let count = 1 + rounds + rounds * (rounds - 1) / 2
      let exact = 2 * Double(count) / Double(1 << rounds)
      let drawn = try #require(
        PermutationTest.signFlip(GroupedSample(rounds: values), draws: 2_000_000, using: &generator))
      // 400 extreme ones, and four standard deviations.
      #expect(abs(drawn / exact - 1) < 0.2, "\(rounds): \(drawn), not \(exact)")
    }
  }

  @Test(
    "Student's interval of few rounds holds the truth as often as it says, where the bootstrap's does not")
  func fewRounds() throws {
    var generator = SeededGenerator(seed: 17)
    var covered = 0
    for _ in 0..<400 {
      let pairs = sample(rounds: 8, pairs: 2, effect: 0.03, between: 0.03, within: 0.005, &generator)
      if try #require(pairs.studentInterval(confidence: 0.95)).contains(0.03) { covered += 1 }
    }
    // 380 of 400, and four standard deviations.
    #expect((362...398).contains(covered), "\(covered) of 400")
  }

  @Test("a tenth of wildly disturbed pairs does not move the estimate")
  func robustness() throws {
    var generator = SeededGenerator(seed: 14)
    var rounds = sample(rounds: 30, pairs: 4, effect: 0.05, between: 0, within: 0.02, &generator).rounds
    for index in 0..<12 { rounds[2 * index][0] = 5 }
    #expect(abs(try #require(GroupedSample(rounds: rounds).estimate) - 0.05) < 0.01)
  }

  @Test("too few rounds bear no interval, and none no probability")
  func tooFew() {
    var generator = SeededGenerator(seed: 15)
    let few = GroupedSample(rounds: [[0.1, 0.2], [], [0.3], [0.1], [0.2]])
    #expect(few.rounds.count == 4)
    #expect(HierarchicalBootstrap(few, using: &generator) == nil)
    #expect(PermutationTest.signFlip(GroupedSample(), using: &generator) == nil)
    #expect(GroupedSample(rounds: [[0.1]]).studentInterval(confidence: 0.95) == nil)
  }

  @Test("an effect of the smallest detectable size is found in about the share of runs that its power says")
  func detectableEffect() throws {
    var generator = SeededGenerator(seed: 16)
    let probe = sample(rounds: 40, pairs: 4, effect: 0, between: 0, within: 0.09, &generator)
    let bootstrap = try #require(HierarchicalBootstrap(probe, using: &generator))
    let interval = bootstrap.interval(confidence: 0.95)
    let reach = (interval.upperBound - interval.lowerBound) / 2
    let effect = DetectableEffect.smallest(above: 0.02 + reach, error: bootstrap.standardError)
    var found = 0
    for _ in 0..<50 {
      let pairs = sample(rounds: 40, pairs: 4, effect: effect, between: 0, within: 0.09, &generator)
      let bootstrap = try #require(HierarchicalBootstrap(pairs, count: 200, using: &generator))
      if bootstrap.interval(confidence: 0.95).lowerBound > 0.02 { found += 1 }
    }
    #expect((29...49).contains(found), "\(found) of 50")
  }
}

struct ModesTests {
  /// Counts of values around centers.
  private func counts(
    _ heaps: [(center: Double, spread: Double, count: Int)], seed: UInt64
  ) -> [(value: UInt64, count: UInt64)] {
    var generator = SeededGenerator(seed: seed)
    var counts: [UInt64: UInt64] = [:]
    for heap in heaps {
      for _ in 0..<heap.count {
        let noise = NormalDistribution.quantile(Double.random(in: 1e-9..<1 - 1e-9, using: &generator))
        // The time stamp counter of some hosts moves in steps.
        counts[UInt64(heap.center * exp(heap.spread * noise) / 26) * 26, default: 0] += 1
      }
    }
    return counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  @Test("one heap is one mode, however wide, at any seed")
  func oneMode() throws {
    for seed in 0..<50 {
      for spread in [0.005, 0.05, 0.2] {
        let modes = try #require(Modes.find(in: counts([(30_000, spread, 1000)], seed: UInt64(seed))))
        #expect(modes.count == 1, "seed \(seed), spread \(spread): \(modes)")
      }
    }
  }

  @Test("two heaps are two modes with their centers and shares")
  func twoModes() throws {
    let modes = try #require(Modes.find(in: counts([(30_000, 0.05, 700), (60_000, 0.05, 300)], seed: 1)))
    try #require(modes.count == 2)
    #expect(abs(modes[0].center / 30_000 - 1) < 0.03 && abs(modes[0].share - 0.7) < 0.02)
    #expect(abs(modes[1].center / 60_000 - 1) < 0.03 && abs(modes[1].share - 0.3) < 0.02)
  }

  @Test("a thin tail is no mode, and few durations have none")
  func tail() throws {
    let modes = try #require(Modes.find(in: counts([(30_000, 0.05, 950), (400_000, 0.3, 50)], seed: 2)))
    #expect(modes.count == 1)
    #expect(Modes.find(in: counts([(30_000, 0.05, 100)], seed: 3)) == nil)
  }
}
