/// What an experiment could have seen.
public enum DetectableEffect {
  /// The smallest true difference, as a logarithm of a ratio, whose estimate would have come to lie above `threshold` with
  /// probability `power`, where estimates scatter by the standard deviation `error`: the normal approximation (Cohen,
  /// "Statistical Power Analysis for the Behavioral Sciences", 1988).
  public static func smallest(above threshold: Double, error: Double, power: Double = 0.8) -> Double {
    threshold + error * NormalDistribution.quantile(power)
  }
}
