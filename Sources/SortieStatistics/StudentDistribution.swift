import Glibc

/// Student's t distribution: how far a mean of few values with an estimated spread may lie from the truth.
public enum StudentDistribution {
  /// The value below which a variable with `degrees` degrees of freedom lies with `probability`, by bisection of the
  /// distribution function. Precondition: 0 < `probability` < 1 and `degrees` ≥ 1.
  public static func quantile(_ probability: Double, degrees: Int) -> Double {
    precondition(probability > 0 && probability < 1, "a probability strictly between 0 and 1")
    // With one degree of freedom the distribution is Cauchy's, whose quantiles are far out.
    var (low, high) = (-1e12, 1e12)
    while true {
      let middle = (low + high) / 2
      guard middle > low, middle < high else { return middle }
      if cumulative(middle, degrees: degrees) < probability { low = middle } else { high = middle }
    }
  }

  /// The probability of a value below `value`.
  public static func cumulative(_ value: Double, degrees: Int) -> Double {
    precondition(degrees >= 1, "at least one degree of freedom")
    let n = Double(degrees)
    let tail = incompleteBeta(n / (n + value * value), n / 2, 0.5) / 2
    return value < 0 ? tail : 1 - tail
  }

  /// The regularised incomplete beta function, by its continued fraction (Abramowitz and Stegun, 26.5.8; DiDonato and
  /// Morris, 1992).
  static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    // The fraction converges fast on this side of the mean; the other is its mirror image.
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
    let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    return front * fraction(x, a, b)
  }

  /// The continued fraction from its head on, by Lentz's method.
  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    var numerator = 1.0
    var denominator = 1 - (a + b) * x / (a + 1)
    denominator = 1 / (abs(denominator) < tiny ? tiny : denominator)
    var value = denominator
    for step in 1...500 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      for coefficient in [even, odd] {
        denominator = 1 + coefficient * denominator
        denominator = 1 / (abs(denominator) < tiny ? tiny : denominator)
        numerator = 1 + coefficient / (abs(numerator) < tiny ? tiny : numerator)
        value *= denominator * numerator
      }
      if abs(denominator * numerator - 1) < 1e-15 { break }
    }
    return value
  }
}
