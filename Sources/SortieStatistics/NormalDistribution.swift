import Glibc

/// The standard normal distribution.
public enum NormalDistribution {
  /// The value below which a standard normal variable lies with `probability`, by bisection of the distribution function:
  /// slow and exact to the last digits. Precondition: 0 < `probability` < 1.
  public static func quantile(_ probability: Double) -> Double {
    precondition(probability > 0 && probability < 1, "a probability strictly between 0 and 1")
    var (low, high) = (-40.0, 40.0)
    while true {
      let middle = (low + high) / 2
      guard middle > low, middle < high else { return middle }
      if cumulative(middle) < probability { low = middle } else { high = middle }
    }
  }

  /// The probability of a value below `value`.
  public static func cumulative(_ value: Double) -> Double { erfc(-value / 2.0.squareRoot()) / 2 }
}
