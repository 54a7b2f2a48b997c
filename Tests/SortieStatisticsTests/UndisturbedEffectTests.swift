import Glibc
import Testing

@testable import SortieStatistics

/// Rounds of two sides, the new one dearer by `shift`: a share `undisturbed` of the values alike, the others dearer.
private func sample(
  rounds: Int, pairs: Int = 4, shift: Double, undisturbed: Double, launches: Double = 0.001,
  _ generator: inout SeededGenerator
) -> PairedSample {
  func normal(_ deviation: Double) -> Double {
    deviation * NormalDistribution.quantile(Double.random(in: 1e-9..<1 - 1e-9, using: &generator))
  }
  var sample = PairedSample()
  for _ in 0..<rounds {
    let levels = (normal(launches), shift + normal(launches))
    func value(_ level: Double) -> Double {
      Double.random(in: 0..<1, using: &generator) < undisturbed
        ? level + normal(0.0015) : level + log(Double.random(in: 1.2..<1.8, using: &generator))
    }
    sample.append(round: (0..<pairs).map { _ in (value(levels.0), value(levels.1)) })
  }
  return sample
}

struct UndisturbedEffectTests {
  private static let isLong = getenv("SORTIE_TEST_LONG") != nil

  @Test(
    "the interval holds the truth as often as it says, of few rounds and many, in one heap and in two",
    arguments: [8, 12, 20], [1, 0.25, 0.12])
  func coverage(rounds: Int, undisturbed: Double) throws {
    var generator = SeededGenerator(seed: UInt64(rounds))
    let runs = Self.isLong ? 2000 : 25
    var missed = 0
    for _ in 0..<runs {
      let sample = sample(rounds: rounds, shift: 0.05, undisturbed: undisturbed, &generator)
      let effect = try #require(
        UndisturbedEffect(sample, confidence: 0.95, resamples: 200, using: &generator))
      if !effect.interval.contains(0.05) { missed += 1 }
    }
    // 5 %, and four standard deviations.
    let allowed = 0.05 * Double(runs) + 4 * (0.05 * 0.95 * Double(runs)).squareRoot()
    #expect(Double(missed) <= allowed, "\(missed) of \(runs)")
  }

  @Test("the interval is not wider than the undisturbed values need")
  func sharpness() throws {
    var generator = SeededGenerator(seed: 2)
    let sample = sample(rounds: 60, shift: 0.05, undisturbed: 0.25, &generator)
    let effect = try #require(UndisturbedEffect(sample, confidence: 0.995, using: &generator))
    #expect(effect.interval.lowerBound > 0.045 && effect.interval.upperBound < 0.055)
    #expect(abs(effect.estimate - 0.05) < 0.003)
  }

  @Test("the permutation test calls nothing a difference as often as its level says, whatever the noise")
  func level() throws {
    var generator = SeededGenerator(seed: 3)
    let runs = Self.isLong ? 2000 : 60
    for undisturbed in [1, 0.2] {
      var called = 0
      for _ in 0..<runs {
        let sample = sample(
          rounds: 30, shift: 0, undisturbed: undisturbed, launches: 0.01, &generator)
        let scores = UndisturbedEffect.scores(sample)
        if try #require(PermutationTest.signFlip(scores, draws: 199, using: &generator)) <= 0.05 {
          called += 1
        }
      }
      let deviation = (0.05 * 0.95 * Double(runs)).squareRoot()
      #expect(abs(Double(called) - 0.05 * Double(runs)) <= 4 * deviation, "\(called) of \(runs)")
    }
  }

  @Test("scores weigh the lowest tenth in equal steps, equal values alike, and leave out rounds without any")
  func scores() {
    var sample = PairedSample()
    sample.append(round: (0..<5).map { (Double($0), 100) })
    sample.append(round: (0..<5).map { _ in (50, 60) })
    sample.append(round: (0..<4).map { _ in (70, 80) } + [(70, 1)])
    // Thirty values, the lowest three weigh 3, 2 and 1: 0 of the first round's old side, and both ones share the rest.
    #expect(UndisturbedEffect.scores(sample).rounds == [[3 + 1.5], [-1.5]])
    var same = PairedSample()
    for _ in 0..<6 { same.append(round: [(7, 7), (7, 7)]) }
    #expect(UndisturbedEffect.scores(same).rounds == Array(repeating: [0], count: 6))
  }

  @Test("without resampling it is the quantile of all values")
  func quantile() throws {
    var generator = SeededGenerator(seed: 4)
    let sample = sample(rounds: 9, pairs: 3, shift: 0.1, undisturbed: 0.5, &generator)
    let effect = try #require(UndisturbedEffect(sample, confidence: 0.9, resamples: 10, using: &generator))
    #expect(effect.old == Location.quantile(0.05, of: sample.rounds.flatMap(\.old)))
    #expect(effect.new == Location.quantile(0.05, of: sample.rounds.flatMap(\.new)))
  }

  @Test("too few rounds bear no interval, and empty ones are none")
  func tooFew() {
    var generator = SeededGenerator(seed: 5)
    var few = PairedSample()
    for _ in 0..<4 { few.append(round: [(1, 2)]) }
    few.append(round: [])
    #expect(few.rounds.count == 4 && few.count == 4)
    #expect(UndisturbedEffect(few, confidence: 0.9, using: &generator) == nil)
    few.append(round: [(1, 2)])
    #expect(UndisturbedEffect(few, confidence: 0.9, using: &generator)?.estimate == 1)
  }
}
