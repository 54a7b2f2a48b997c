/// How surely a ``GroupedSample`` is known: resampled at both levels on which chance came in, the rounds and the values
/// within them (Saravanan, Berman and Sober, "Application of the hierarchical bootstrap to multi-level data in
/// neuroscience", 2020; Kalibera and Jones, "Rigorous benchmarking in reasonable time", 2013).
public struct HierarchicalBootstrap: Sendable {
  /// What the resamples came to, ascending.
  private let replicates: [Double]

  /// Fewer rounds than this bear no interval: resampling a handful of units understates their spread.
  public static let leastRounds = 5

  /// Resamples the estimate of `sample` `count` times; nil where it has fewer than ``leastRounds`` rounds.
  public init?(_ sample: GroupedSample, count: Int = 2000, using generator: inout SeededGenerator) {
    guard sample.rounds.count >= Self.leastRounds, count > 0 else { return nil }
    var room: [Double] = []
    replicates = (0..<count).map { _ in sample.resampledEstimate(&room, &generator) }.sorted()
  }

  /// A bootstrap whose resamples, at least one, came to these values.
  init(replicates: [Double]) { self.replicates = replicates.sorted() }

  /// The interval that holds the true value with `confidence`, by percentiles of the resamples (Efron and Tibshirani, "An
  /// Introduction to the Bootstrap", chapter 13). Precondition: 0 < `confidence` < 1.
  public func interval(confidence: Double) -> ClosedRange<Double> {
    precondition(confidence > 0 && confidence < 1, "a confidence strictly between 0 and 1")
    let tail = (1 - confidence) / 2
    guard let low = Location.quantile(tail, ofSorted: replicates),
      let high = Location.quantile(1 - tail, ofSorted: replicates)
    else { preconditionFailure("there are resamples") }
    return low...high
  }

  /// The standard deviation of the resamples: the standard error of the estimate.
  public var standardError: Double {
    let mean = replicates.reduce(0, +) / Double(replicates.count)
    let squares = replicates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(max(replicates.count - 1, 1))).squareRoot()
  }
}
