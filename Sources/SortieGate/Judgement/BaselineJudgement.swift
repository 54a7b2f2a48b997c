extension CycleJudgement {
  /// Judges operations against the sessions of a baseline; nil: the operation is left out. What the evidence of one draws
  /// follows from the seed and its place.
  public static func judge(
    baseline operations: [(name: String, tolerance: Double, blocks: MeasuredBlocks?)], seed: UInt64
  ) -> [CycleJudgement?] {
    let evidence = operations.enumerated().map { index, operation in
      operation.blocks.map { blocks in
        var generator = SequentialJudgement.generator(seed, operation: index, rounds: blocks.new.count)
        return CycleEvidence(
          operation.name, new: blocks.logarithms, sessions: blocks.sessions, tolerance: operation.tolerance,
          using: &generator)
      }
    }
    var judged = judge(evidence.compactMap(\.self))[...]
    return operations.map { operation in
      operation.blocks.map { blocks in
        var judgement = judged.removeFirst()
        judgement.take(blocks)
        return judgement
      }
    }
  }
}
