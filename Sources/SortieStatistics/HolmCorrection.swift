/// Holm's step-down correction: the chance of any false alarm among several tests stays at the level chosen for one (Holm,
/// "A simple sequentially rejective multiple test procedure", 1979).
public enum HolmCorrection {
  /// The corrected probabilities, in the order given.
  public static func adjusted(_ pValues: [Double]) -> [Double] {
    var result = pValues
    var most = 0.0
    for (rank, index) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
      most = max(most, min(1, pValues[index] * Double(pValues.count - rank)))
      result[index] = most
    }
    return result
  }
}
