public import SortieStatistics

/// What a run of the gate would have said, had it met other rounds of the same kind: recorded rounds are drawn with
/// replacement, the same one for all operations, and judged look by look, as a live run does.
public struct SequentialReplay: Sendable {
  /// The recorded rounds of the operations of a suite; of equal number.
  private let pools: [MeasuredBlocks]
  /// Rounds that the budget of a live run buys.
  private let rounds: Int
  private let tolerance: Double
  /// Whether the sides are the same: then either may be called A, round by round, which makes the truth exactly "no change",
  /// whatever the recorded rounds happen to say.
  private let isNull: Bool

  /// A replay over what was recorded; nil where a pool is empty, or they are not of equal number.
  public init?(_ pools: [MeasuredBlocks], rounds: Int, tolerance: Double, isNull: Bool) {
    guard let count = pools.first?.rounds, count > 0, pools.allSatisfy({ $0.rounds == count })
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
    var drawn = [MeasuredBlocks](repeating: MeasuredBlocks(), count: pools.count)
    for _ in 0..<rounds {
      let round = generator.index(below: pools[0].rounds)
      let isSwapped = isNull && generator.coin()
      for index in pools.indices {
        let (old, new) = (pools[index].old[0][round], pools[index].new[round])
        drawn[index].beginRound()
        drawn[index].append(old: isSwapped ? new : old, new: isSwapped ? old : new)
      }
    }
    let operations = drawn.enumerated().map { index, blocks in
      (name: "\(index)", tolerance: tolerance, blocks: Optional(blocks))
    }
    return SequentialJudgement.judge(operations, seed: generator.next()).map { $0?.verdict ?? .inconclusive }
  }
}
