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
