public import SortieStatistics

/// What a run of the gate would have said, had it met other rounds of the same kind: rounds that were recorded are drawn with
/// replacement and judged look by look, as a live run does.
public enum SequentialReplay {
  /// The verdicts on one operation of a suite each: `pools` are the recorded rounds of the operations, and a run looks until
  /// everything is decided or `rounds` rounds are spent.
  public static func verdicts(
    _ pools: [GroupedSample], tolerance: Double, rounds: Int, using generator: inout SeededGenerator
  ) -> [GateVerdict] {
    let samples = pools.map { pool in
      pool.rounds.isEmpty
        ? [] : (0..<rounds).map { _ in pool.rounds[Int.random(in: 0..<pool.rounds.count, using: &generator)] }
    }
    var evidence = [CycleEvidence?](repeating: nil, count: pools.count)
    var verdicts = [GateVerdict](repeating: .inconclusive, count: pools.count)
    for look in CycleEvidence.looks.filter({ $0 < rounds }) + [rounds] {
      for index in pools.indices where verdicts[index] == .inconclusive {
        evidence[index] = CycleEvidence(
          "\(index)", pairs: GroupedSample(rounds: Array(samples[index].prefix(look))), tolerance: tolerance,
          using: &generator)
      }
      let judged = CycleJudgement.judge(evidence.compactMap { $0 })
      for index in pools.indices where verdicts[index] == .inconclusive {
        verdicts[index] = judged[index].verdict
      }
      if !verdicts.contains(.inconclusive) { break }
    }
    return verdicts
  }
}
