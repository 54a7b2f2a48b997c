/// Where a sample lies, by estimators that single wild values do not move.
public enum Location {
  /// The share cut from each end by ``trimmedMean(_:)``: 20 %, Wilcox's choice ("Introduction to Robust Estimation and
  /// Hypothesis Testing", 2022, section 2.2.3), nearly as sharp as the mean on clean data and safe with a fifth of the
  /// blocks disturbed.
  public static let trimming = 0.2

  /// The value below which half of `values` lie, the mean of the middle two where their number is even; nil of none.
  public static func median(_ values: [Double]) -> Double? { quantile(0.5, of: values) }

  /// The `probability` quantile of `values`, interpolated as Hyndman and Fan's type 7, which is NumPy's default; nil of
  /// none. Precondition: 0 ≤ `probability` ≤ 1.
  public static func quantile(_ probability: Double, of values: [Double]) -> Double? {
    quantile(probability, ofSorted: values.sorted())
  }

  /// ``quantile(_:of:)`` of values in ascending order.
  static func quantile(_ probability: Double, ofSorted sorted: [Double]) -> Double? {
    precondition(0...1 ~= probability, "a probability")
    guard let last = sorted.last else { return nil }
    let position = probability * Double(sorted.count - 1)
    let index = Int(position)
    guard index + 1 < sorted.count else { return last }
    return sorted[index] + (sorted[index + 1] - sorted[index]) * (position - Double(index))
  }

  /// The mean of what is left when the lowest and highest 20 % of `values` are cut (`scipy.stats.trim_mean`); nil of
  /// none.
  public static func trimmedMean(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    var values = values
    return trimmedMean(sorting: &values)
  }

  /// ``trimmedMean(_:)`` of at least one value, in place.
  static func trimmedMean(sorting values: inout [Double]) -> Double {
    values.sort()
    let cut = Int(trimming * Double(values.count))
    var sum = 0.0
    for index in cut..<(values.count - cut) { sum += values[index] }
    return sum / Double(values.count - 2 * cut)
  }
}
