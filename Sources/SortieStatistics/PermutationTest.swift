/// A permutation test: were the labels of the two sides only names, how often would chance alone give a difference as large
/// as the one seen (Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses", 2005; `scipy.stats.permutation_test`)?
///
/// Two-sided; a round counts as the mean of its values. Where there are too many permutations for all, random ones are
/// drawn and the one seen counts among them, so that a probability is never 0 (Phipson and Smyth, 2010).
public enum PermutationTest {
  /// Up to so many rounds all flips of signs are tried, and the probability is exact.
  public static let exactRounds = 14

  /// The probability of a mean round at least as far from 0 as the one seen, were every round's sign a matter of chance:
  /// for values that are differences between two sides. Nil of no rounds.
  public static func signFlip(
    _ sample: GroupedSample, draws: Int = 9999, using generator: inout SeededGenerator
  ) -> Double? {
    let differences = sample.roundMeans
    guard !differences.isEmpty else { return nil }
    let least = threshold(differences.reduce(0, +))
    if differences.count <= exactRounds {
      let all: UInt64 = 1 << UInt64(differences.count)
      let extreme = (0..<all).count { abs(sum(differences, flipping: [$0])) >= least }
      return Double(extreme) / Double(all)
    }
    var signs = [UInt64](repeating: 0, count: (differences.count + 63) / 64)
    var extreme = 1
    for _ in 0..<draws {
      for index in signs.indices { signs[index] = generator.next() }
      if abs(sum(differences, flipping: signs)) >= least { extreme += 1 }
    }
    return Double(extreme) / Double(draws + 1)
  }

  /// The least probability that ``signFlip(_:draws:using:)`` can give for so many rounds: of all flips two are extreme, the
  /// one seen and its opposite.
  public static func leastSignFlip(rounds: Int, draws: Int = 9999) -> Double {
    rounds <= exactRounds ? 2 / Double(1 << UInt64(max(rounds, 1))) : 1 / Double(draws + 1)
  }

  /// Sums of the same numbers in another order differ in their last bits; an equal one has to count as equal.
  private static func threshold(_ seen: Double) -> Double { abs(seen) * (1 - 1e-12) }

  private static func sum(_ values: [Double], flipping signs: [UInt64]) -> Double {
    var sum = 0.0
    for index in values.indices {
      sum += signs[index >> 6] >> UInt64(index & 63) & 1 == 0 ? values[index] : -values[index]
    }
    return sum
  }
}
