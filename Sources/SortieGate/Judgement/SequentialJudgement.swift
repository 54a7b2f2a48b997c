public import SortieStatistics

/// Judges operations while they are measured: it looks at all that are not decided yet, again and again, and a decision
/// stays.
///
/// What one look at an operation draws follows from the seed, the operation's place, its number of rounds and the number of
/// operations alone, so the same rounds are judged the same again.
public struct SequentialJudgement: Sendable {
  private struct State {
    let name: String
    let tolerance: Double
    var evidence: CycleEvidence?
    var decision: CycleJudgement?
  }

  private var states: [State]
  private let seed: UInt64

  /// Judgement of operations, each with its tolerance.
  public init(_ operations: [(name: String, tolerance: Double)], seed: UInt64) {
    states = operations.map { State(name: $0.name, tolerance: $0.tolerance) }
    self.seed = seed
  }

  /// Whether the operation at `index` is decided: more blocks do not change it.
  public func isDecided(_ index: Int) -> Bool { states[index].decision != nil }

  /// Looks at what has been measured of each operation, in their order; nil: it is left out.
  public mutating func look(_ measured: [MeasuredBlocks?]) {
    for index in states.indices where !isDecided(index) {
      states[index].evidence = measured[index].map { blocks in
        var generator = Self.generator(seed, operation: index, rounds: blocks.rounds)
        return CycleEvidence(
          states[index].name, paired: blocks, tolerance: states[index].tolerance, amongst: states.count,
          using: &generator)
      }
    }
    for (index, judgement) in zip(states.indices, judgements) where !isDecided(index) {
      if let judgement, judgement.isFinal { states[index].decision = judgement }
    }
  }

  /// What is known so far, in the order of the operations; nil of what was not looked at.
  public var judgements: [CycleJudgement?] {
    var judged = CycleJudgement.judge(states.compactMap(\.evidence))[...]
    return states.map { state in
      let now = state.evidence == nil ? nil : judged.removeFirst()
      return state.decision ?? now
    }
  }

  /// What a run with these rounds would say: it looks after ``CycleEvidence/looks`` rounds, and at the end.
  public static func judge(
    _ operations: [(name: String, tolerance: Double, blocks: MeasuredBlocks?)], seed: UInt64
  ) -> [CycleJudgement?] {
    var judgement = Self(operations.map { ($0.name, $0.tolerance) }, seed: seed)
    let rounds = operations.compactMap { $0.blocks?.rounds }.max() ?? 0
    for look in CycleEvidence.looks.filter({ $0 < rounds }) + [rounds] {
      judgement.look(operations.map { $0.blocks?.prefix(rounds: look) })
      if operations.indices.allSatisfy({ operations[$0].blocks == nil || judgement.isDecided($0) }) { break }
    }
    return judgement.judgements
  }

  /// What the evidence of the operation at this place draws from after so many rounds.
  public static func generator(_ seed: UInt64, operation index: Int, rounds: Int) -> SeededGenerator {
    SeededGenerator(seed: seed &+ UInt64(index) << 32 &+ UInt64(rounds))
  }
}
