/// Values in the order in which they depend on each other: rounds, and within each what was measured there.
///
/// A round is what was measured between two launches of the programs under test. What a launch brings with it (where
/// memory came to lie, which thread got which processor) is common to all values of a round, so that rounds, not values,
/// are the independent units. Values are logarithms: of the ratio of a pair of neighbouring blocks, or of a block's median.
public struct GroupedSample: Sendable, Equatable {
  /// The values of each round; none is empty.
  public private(set) var rounds: [[Double]] = []

  /// A sample of these rounds; empty ones say nothing and are left out.
  public init(rounds: [[Double]] = []) { self.rounds = rounds.filter { !$0.isEmpty } }

  /// Adds a round, unless it is empty.
  public mutating func append(round: [Double]) {
    if !round.isEmpty { rounds.append(round) }
  }

  /// Values of all rounds.
  public var count: Int { rounds.reduce(0) { $0 + $1.count } }

  /// The 20 % trimmed mean over all values; nil of none.
  public var estimate: Double? { Location.trimmedMean(rounds.flatMap(\.self)) }

  /// Student's interval for the mean of the rounds, each counted as the trimmed mean of its values; nil of fewer than two
  /// rounds. Precondition: 0 < `confidence` < 1.
  public func studentInterval(confidence: Double) -> ClosedRange<Double>? {
    let centers = rounds.compactMap { Location.trimmedMean($0) }
    guard centers.count >= 2 else { return nil }
    let mean = centers.reduce(0, +) / Double(centers.count)
    let squares = centers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let error = (squares / Double(centers.count - 1) / Double(centers.count)).squareRoot()
    let reach = error * StudentDistribution.quantile((1 + confidence) / 2, degrees: centers.count - 1)
    return (mean - reach)...(mean + reach)
  }

  /// The mean of each round.
  var roundMeans: [Double] { rounds.map { $0.reduce(0, +) / Double($0.count) } }

  /// The estimate of one resample: rounds drawn with replacement, and values of each. `room` is working storage.
  func resampledEstimate(_ room: inout [Double], _ generator: inout SeededGenerator) -> Double {
    room.removeAll(keepingCapacity: true)
    for _ in rounds.indices {
      let round = rounds[generator.index(below: rounds.count)]
      for _ in round.indices { room.append(round[generator.index(below: round.count)]) }
    }
    return Location.trimmedMean(sorting: &room)
  }
}
