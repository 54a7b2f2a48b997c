extension CheckResult {
  /// The same measurements judged again: with the same seed and tolerances they give the same verdicts. An operation that was
  /// left out stays so.
  ///
  /// - Parameter tolerance: the tolerance of the operation of this name, given the one that it was judged by.
  public func judgedAgain(seed: UInt64, tolerance: (String, Double) -> Double) -> CheckResult {
    var result = self
    result.seed = seed
    let operations = cycles.map { judgement in
      (
        name: judgement.operation, tolerance: tolerance(judgement.operation, judgement.tolerance),
        blocks: judgement.measured
      )
    }
    let judged =
      mode == .baseline
      ? CycleJudgement.judge(baseline: operations, seed: seed)
      : SequentialJudgement.judge(operations.map { ($0.name, $0.tolerance, $0.blocks) }, seed: seed)
    for (index, judgement) in judged.enumerated() {
      guard var judgement else { continue }
      if let blocks = operations[index].blocks { judgement.take(blocks) }
      result.cycles[index] = judgement
    }
    result.exits = exits.map { $0.judgedAgain(tolerance: tolerance($0.operation, $0.tolerance)) }
    return result
  }
}
