/// What an experiment could have seen.
public enum DetectableEffect {
  /// The smallest true difference, as a logarithm of a ratio, whose interval would have come to lie above `tolerance` with
  /// probability `power`, given an estimate with `standardError` and intervals of `confidence`: the normal approximation
  /// (Cohen, "Statistical Power Analysis for the Behavioral Sciences", 1988).
  public static func smallest(
    beyond tolerance: Double, standardError: Double, confidence: Double, power: Double = 0.8
  ) -> Double {
    tolerance + standardError
      * (NormalDistribution.quantile((1 + confidence) / 2) + NormalDistribution.quantile(power))
  }
}
