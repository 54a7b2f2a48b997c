/// What an experiment could have seen.
public enum DetectableEffect {
  /// The smallest true difference, as a logarithm of a ratio, whose interval would have come to lie above `tolerance` with
  /// probability `power`, where intervals of `confidence` reach `reach` to each side of the estimate: the normal
  /// approximation (Cohen, "Statistical Power Analysis for the Behavioral Sciences", 1988).
  public static func smallest(
    beyond tolerance: Double, reach: Double, confidence: Double, power: Double = 0.8
  ) -> Double {
    let error = reach / NormalDistribution.quantile((1 + confidence) / 2)
    return tolerance + reach + error * NormalDistribution.quantile(power)
  }
}
