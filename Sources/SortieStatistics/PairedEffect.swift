/// How far two sides lie apart that were measured in the same rounds, and how surely that is known.
public struct PairedEffect: Sendable, Equatable {
  /// With fewer rounds the bootstrap's interval is too narrow where rounds differ among themselves, and Student's interval of
  /// the rounds is taken in.
  private static let fewRounds = 30

  /// How sure the interval is, 0 to 1.
  public let confidence: Double
  /// The interval that holds the true difference with ``confidence``; differences are logarithms of ratios.
  public let interval: ClosedRange<Double>
  /// Probability of a difference as large by chance alone.
  public let pValue: Double
  /// The least that ``pValue`` could be of so many rounds, whatever was measured.
  public let leastPValue: Double

  /// What `sample` tells, whose values are the logarithms of the ratios of neighbours; nil where it has fewer than
  /// ``HierarchicalBootstrap/leastRounds`` rounds. Precondition: 0 < `confidence` < 1.
  ///
  /// - Parameter draws: the most random permutations that are drawn.
  public init?(
    _ sample: GroupedSample, confidence: Double, draws: Int = PermutationTest.usualDraws,
    using generator: inout SeededGenerator
  ) {
    guard let bootstrap = HierarchicalBootstrap(sample, using: &generator) else { return nil }
    let rounds = sample.rounds.count
    var interval = bootstrap.interval(confidence: confidence)
    if rounds < Self.fewRounds, let student = sample.studentInterval(confidence: confidence) {
      interval = min(interval.lowerBound, student.lowerBound)...max(interval.upperBound, student.upperBound)
    }
    guard let pValue = PermutationTest.signFlip(sample, draws: draws, using: &generator) else { return nil }
    self.confidence = confidence
    self.interval = interval
    self.pValue = pValue
    leastPValue = PermutationTest.leastSignFlip(rounds: rounds, draws: draws)
  }
}
