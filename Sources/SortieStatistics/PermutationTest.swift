/// A permutation test: were the labels of the two sides only names, how often would chance alone give a difference as large
/// as the one seen (Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses", 2005; `scipy.stats.permutation_test`)?
///
/// Two-sided; a round counts as the mean of its values. Where there are too many permutations for all, random ones are
/// drawn and the one seen counts among them, so that a probability is never 0 (Phipson and Smyth, 2010).
public enum PermutationTest {
  /// Up to so many rounds all flips of signs are tried, and the probability is exact.
  public static let exactRounds = 14

  /// The most random permutations that are drawn.
  public static let mostDraws = 199_999

  /// The probability of a mean round at least as far from 0 as the one seen, were every round's sign a matter of chance:
  /// for values that are differences between two sides. Nil of no rounds.
  ///
  /// Random permutations are drawn until `enough` are as extreme as the one seen (Besag and Clifford, "Sequential Monte Carlo
  /// p-values", 1991): what is likely by chance is known of few, and only what is not takes all `draws`.
  public static func signFlip(
    _ sample: GroupedSample, draws: Int = mostDraws, enough: Int = 400, using generator: inout SeededGenerator
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
    var extreme = 0
    for drawn in 1...max(draws, 1) {
      for index in signs.indices { signs[index] = generator.next() }
      if abs(sum(differences, flipping: signs)) >= least { extreme += 1 }
      if extreme == enough { return Double(extreme) / Double(drawn) }
    }
    return Double(extreme + 1) / Double(draws + 1)
  }

  /// The least probability that ``signFlip(_:draws:enough:using:)`` can give for so many rounds: of all flips two are
  /// extreme, the one seen and its opposite.
  public static func leastSignFlip(rounds: Int, draws: Int = mostDraws) -> Double {
    let ofAll = 2 / Double(1 << UInt64(min(max(rounds, 1), 62)))
    return rounds <= exactRounds ? ofAll : max(ofAll, 1 / Double(draws + 1))
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
