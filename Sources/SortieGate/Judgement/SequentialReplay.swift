public import SortieStatistics

/// What a run of the gate would have said, had it met other rounds of the same kind: recorded rounds are drawn with
/// replacement, the same one for all operations, and judged look by look, as a live run does.
public struct SequentialReplay: Sendable {
  /// The recorded rounds of the operations of a suite; of equal number.
  private let pools: [GroupedSample]
  /// Rounds that the budget of a live run buys.
  private let rounds: Int
  private let tolerance: Double
  /// Whether the sides are the same: then either may be called A, round by round, which makes the truth exactly "no change",
  /// whatever the recorded rounds happen to say.
  private let isNull: Bool

  /// A replay over what was recorded; nil where a pool is empty, or they are not of equal number.
  public init?(_ pools: [GroupedSample], rounds: Int, tolerance: Double, isNull: Bool) {
    guard let count = pools.first?.rounds.count, count > 0, pools.allSatisfy({ $0.rounds.count == count })
    else {
      return nil
    }
    self.pools = pools
    self.rounds = rounds
    self.tolerance = tolerance
    self.isNull = isNull
  }

  /// The verdicts of one run, in the order of the pools.
  public func run(using generator: inout SeededGenerator) -> [GateVerdict] {
    var samples = [[[Double]]](repeating: [], count: pools.count)
    for _ in 0..<rounds {
      let draw = generator.index(below: pools[0].rounds.count)
      let sign = isNull && generator.coin() ? -1.0 : 1.0
      for index in pools.indices { samples[index].append(pools[index].rounds[draw].map { sign * $0 }) }
    }
    let operations = samples.enumerated().map { index, rounds in
      (name: "\(index)", tolerance: tolerance, sample: Optional(GroupedSample(rounds: rounds)))
    }
    return SequentialJudgement.judge(operations, seed: generator.next()).map { $0?.verdict ?? .inconclusive }
  }
}
