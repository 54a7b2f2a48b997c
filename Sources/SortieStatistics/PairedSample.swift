/// Values of two sides in rounds, as logarithms: what was measured of both between the same two launches of the programs.
public struct PairedSample: Sendable, Equatable {
  /// What was measured of both sides in one round: as many values of either, at least one.
  public struct Round: Sendable, Equatable {
    /// Values of the old side, in their order.
    public let old: [Double]
    /// Values of the new side.
    public let new: [Double]
  }

  /// The rounds; none is empty.
  public private(set) var rounds: [Round] = []

  /// Adds a round of pairs, a value of the old side and one of the new each, unless there are none.
  public mutating func append(round pairs: [(old: Double, new: Double)]) {
    if !pairs.isEmpty { rounds.append(Round(old: pairs.map(\.old), new: pairs.map(\.new))) }
  }

  /// A sample without rounds.
  public init() {}

  /// Values of either side.
  public var count: Int { rounds.reduce(0) { $0 + $1.old.count } }
}
