/// A permutation test: were the labels of the two sides only names, how often would chance alone give a difference as large
/// as the one seen (Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses", 2005; `scipy.stats.permutation_test`)?
///
/// Two-sided; a round counts as the mean of its values. Where there are too many permutations for all, random ones are
/// drawn and the one seen counts among them, so that a probability is never 0 (Phipson and Smyth, 2010).
public enum PermutationTest {
  /// Up to so many rounds all flips of signs are tried, and the probability is exact.
  public static let exactRounds = 14

  /// The random permutations that are drawn at most, where no finer probability is asked for.
  public static let usualDraws = 199_999

  /// More are never drawn: some seconds.
  private static let mostDraws = 100_000_000

  /// The random permutations that tell whether a probability is at most `level`: so many that of one at the level four are
  /// extreme, and at least ``usualDraws``. Precondition: `level` > 0.
  public static func draws(toTell level: Double) -> Int {
    precondition(level > 0, "draws tell no probability of 0")
    return max(usualDraws, Int(min(4 / level, Double(mostDraws)).rounded(.up)))
  }

  /// The probability of a mean round at least as far from 0 as the one seen, were every round's sign a matter of chance:
  /// for values that are differences between two sides. Nil of no rounds.
  ///
  /// Random permutations are drawn until `enough` are as extreme as the one seen (Besag and Clifford, "Sequential Monte Carlo
  /// p-values", 1991): what is likely by chance is known of few, and only what is not takes all `draws`.
  public static func signFlip(
    _ sample: GroupedSample, draws: Int = usualDraws, enough: Int = 400,
    using generator: inout SeededGenerator
  ) -> Double? {
    let differences = sample.roundMeans
    guard !differences.isEmpty else { return nil }
    let least = threshold(differences.reduce(0, +))
    if differences.count <= exactRounds {
      let all: UInt64 = 1 << UInt64(differences.count)
      let extreme = (0..<all).count { abs(sum(differences[...], flipping: $0)) >= least }
      return Double(extreme) / Double(all)
    }
    let sums = FlippedSums(differences)
    var extreme = 0
    for drawn in 1...max(draws, 1) {
      if abs(sums.draw(using: &generator)) >= least { extreme += 1 }
      if extreme == enough { return Double(extreme) / Double(drawn) }
    }
    return Double(extreme + 1) / Double(draws + 1)
  }

  /// The least probability that ``signFlip(_:draws:enough:using:)`` can give for so many rounds: of all flips two are
  /// extreme, the one seen and its opposite.
  public static func leastSignFlip(rounds: Int, draws: Int = usualDraws) -> Double {
    let ofAll = 2 / Double(1 << UInt64(min(max(rounds, 1), 62)))
    return rounds <= exactRounds ? ofAll : max(ofAll, 1 / Double(draws + 1))
  }

  /// Sums of the same numbers in another order differ in their last bits; an equal one has to count as equal.
  private static func threshold(_ seen: Double) -> Double { abs(seen) * (1 - 1e-12) }

  /// The sum of at most 64 values, of which those are negated whose bit in `signs` is set, the first value's the lowest.
  fileprivate static func sum(_ values: ArraySlice<Double>, flipping signs: UInt64) -> Double {
    var (sum, signs) = (0.0, signs)
    for value in values {
      sum += signs & 1 == 0 ? value : -value
      signs >>= 1
    }
    return sum
  }
}

/// Sums of the same values under random signs. The sums of every eight values are looked up, which takes an eighth of the
/// time that adding them anew would: what is rare by chance takes millions of draws.
private struct FlippedSums {
  private static let width = 8

  /// The sums of each eight values under all their signs, one eight behind the other.
  private let sums: [Double]
  private let groups: Int

  init(_ values: [Double]) {
    var sums: [Double] = []
    for start in stride(from: 0, to: values.count, by: Self.width) {
      let group = values[start..<min(start + Self.width, values.count)]
      for signs: UInt64 in 0..<1 << UInt64(Self.width) {
        sums.append(PermutationTest.sum(group, flipping: signs))
      }
    }
    self.sums = sums
    groups = sums.count >> Self.width
  }

  /// The sum under signs that `generator` draws: 64 at once.
  func draw(using generator: inout SeededGenerator) -> Double {
    var (sum, signs) = (0.0, UInt64(0))
    for group in 0..<groups {
      if group & 7 == 0 { signs = generator.next() }
      sum += sums[group << Self.width | Int(signs & 0xff)]
      signs >>= UInt64(Self.width)
    }
    return sum
  }
}
