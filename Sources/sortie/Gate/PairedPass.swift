import SortieGate
import SortieMachine
import SortieStatistics

/// Measures two sides in one run: rounds of freshly started programs, in each of which every operation that is not decided
/// yet gets quartets of blocks, A B B A or B A A B, in random order.
struct PairedPass {
  /// An operation while it is measured.
  private struct Operation {
    let name: String
    /// The largest change that passes, as a share.
    let tolerance: Double
    /// Operations of a block; 0 until that is calibrated.
    var iterations: UInt64 = 0
    var blocks = MeasuredBlocks()
    /// Why it is left out; nil where it is not.
    var obstacle: Obstacle?
  }

  private var operations: [Operation]
  private let sides: [Side]
  private let budget: Double
  /// Draws what is done when; what is said of it has draws of its own.
  private var order: SeededGenerator
  private var judgement: SequentialJudgement
  private var progress = Progress()
  private let start = MonotonicClock.seconds()

  /// Quartets of a round: enough that starting the programs does not take most of the time.
  private static let quartetSeconds = 0.5

  /// A pass over `operations` that compares `sides`, A and B, for at most `budget` seconds.
  init(_ operations: [(name: String, tolerance: Double)], _ sides: [Side], budget: Double, seed: UInt64) {
    self.operations = operations.map { Operation(name: $0.name, tolerance: $0.tolerance) }
    self.sides = sides
    self.budget = budget
    order = SeededGenerator(seed: seed)
    judgement = SequentialJudgement(operations, seed: seed)
  }

  /// Measures until everything is decided, the budget is spent or the last look is reached, and judges.
  ///
  /// - Throws: ``Failure`` when a side cannot be run.
  mutating func run(tscKHz: UInt64) throws(Failure) -> [CycleJudgement] {
    defer { progress.clear() }
    try calibrate(tscKHz)
    var round = 0
    while elapsed < budget, round < CycleEvidence.looks.last ?? 0, !open.isEmpty {
      try runRound()
      round += 1
      // The last look is at whatever the budget has bought.
      if CycleEvidence.looks.contains(round), elapsed < budget { look() }
    }
    look()
    return judgements()
  }

  /// Measures for the budget, but to the first look at the least and to the last at the most, whatever the rounds show, and
  /// returns the blocks of each operation in the rounds that all of them have.
  ///
  /// - Throws: ``Failure`` when a side cannot be run, or one of the operations.
  mutating func record(tscKHz: UInt64) throws(Failure) -> [MeasuredBlocks] {
    defer { progress.clear() }
    try calibrate(tscKHz)
    var round = 0
    let (least, most) = (CycleEvidence.looks.first ?? 0, CycleEvidence.looks.last ?? 0)
    while round < least || elapsed < budget && round < most {
      try runRound()
      round += 1
    }
    if let failed = operations.first(where: { $0.obstacle != nil }), let obstacle = failed.obstacle {
      throw Failure("\(failed.name): \(obstacle.reason)")
    }
    let rounds = operations.map(\.blocks.rounds).min() ?? 0
    return operations.map { $0.blocks.prefix(rounds: rounds) }
  }

  private var elapsed: Double { MonotonicClock.seconds() - start }

  /// The operations of which more blocks may still say more.
  private var open: [Int] {
    operations.indices.filter { operations[$0].obstacle == nil && !judgement.isDecided($0) }
  }

  /// Finds how many operations fill a block, and which ones a side cannot run.
  private mutating func calibrate(_ tscKHz: UInt64) throws(Failure) {
    let found = try Calibration.iterations(of: operations.map(\.name), startWorkers(), tscKHz: tscKHz)
    for (index, result) in found.enumerated() {
      switch result {
      case .success(let iterations): operations[index].iterations = iterations
      case .failure(let obstacle): operations[index].obstacle = obstacle
      }
    }
  }

  private mutating func runRound() throws(Failure) {
    let workers = try startWorkers()
    for index in order.shuffled(open) {
      try runQuartets(index, workers)
      if elapsed >= budget { return }
    }
  }

  private mutating func runQuartets(_ index: Int, _ workers: [BlockWorker]) throws(Failure) {
    let request = BlockRequest(workload: operations[index].name, iterations: operations[index].iterations)
    let open = open.count
    let share = Self.quartetSeconds / Double(max(open, 1))
    let begin = MonotonicClock.seconds()
    operations[index].blocks.beginRound()
    repeat {
      var medians: [[UInt64]] = [[], []]
      // Within either order a drift of the host that is linear in time cancels.
      for side in order.coin() ? [0, 1, 1, 0] : [1, 0, 0, 1] {
        let reply = try workers[side].run(request)
        guard reply.isCompleted, let median = reply.median, median > 0 else {
          operations[index].obstacle = Obstacle(reply)
          return
        }
        medians[side].append(median)
      }
      operations[index].blocks.append(old: medians[0], new: medians[1])
      let seconds = elapsed
      let text =
        "\(Int(seconds)) s of \(Int(budget)): \(open) of \(operations.count) operations open, now \(operations[index].name)"
      progress.show(text, seconds: seconds)
    } while MonotonicClock.seconds() - begin < share && elapsed < budget
  }

  /// Both sides' programs, started in random order.
  private mutating func startWorkers() throws(Failure) -> [BlockWorker] {
    let firstIsA = order.coin()
    let first = try BlockWorker(sides[firstIsA ? 0 : 1])
    let second = try BlockWorker(sides[firstIsA ? 1 : 0])
    return firstIsA ? [first, second] : [second, first]
  }

  private mutating func look() {
    judgement.look(operations.map { $0.obstacle == nil ? $0.blocks : nil })
  }

  /// What is known, in the order of the operations.
  private func judgements() -> [CycleJudgement] {
    zip(operations, judgement.judgements).map { operation, judged in
      if let obstacle = operation.obstacle {
        return CycleJudgement(
          operation.name, obstacle.verdict, reason: obstacle.reason, tolerance: operation.tolerance)
      }
      var judged =
        judged
        ?? CycleJudgement(operation.name, .inconclusive, reason: "", tolerance: operation.tolerance)
      if operation.blocks.new.isEmpty { judged.reason = "the budget was spent before it was measured" }
      judged.take(operation.blocks)
      return judged
    }
  }
}
