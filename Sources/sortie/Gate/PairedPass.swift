import Glibc
import SortieGate
import SortieStatistics

/// Measures two sides in one run: rounds of freshly started programs, in each of which every operation that is not decided
/// yet gets quartets of blocks, A B B A or B A A B, in random order.
struct PairedPass {
  /// An operation while it is measured.
  struct Operation {
    let name: String
    /// The largest change that passes, as a share.
    let tolerance: Double
    /// Operations of a block; 0 until that is calibrated.
    var iterations: UInt64 = 0
    /// Logarithms of the ratios B over A, one a quartet: the drift that its order cancels is no noise.
    var quartets = GroupedSample()
    /// Medians of the blocks of each side, cycles.
    var medians: [[UInt64]] = [[], []]
    /// Why it is left out; nil where it is not.
    var obstacle: Obstacle?
    /// What its last look showed.
    var evidence: CycleEvidence?
    /// What was said when it was decided; other operations that are measured on do not change it.
    var decision: CycleJudgement?
  }

  private var operations: [Operation]
  private let sides: [Side]
  private let budget: Double
  private var generator: SeededGenerator
  private var progress = Progress()
  private let start = Clock.seconds()

  /// Quartets of a round: enough that starting the programs does not take most of the time.
  private static let quartetSeconds = 0.5

  /// A pass over `operations` that compares `sides`, A and B, for at most `budget` seconds.
  init(_ operations: [Operation], _ sides: [Side], budget: Double, seed: UInt64) {
    self.operations = operations
    self.sides = sides
    self.budget = budget
    generator = SeededGenerator(seed: seed)
  }

  /// Measures until everything is decided, the budget is spent or the last look is reached, and judges.
  ///
  /// - Throws: ``Failure`` when a side cannot be run.
  mutating func run(tscKHz: UInt64) throws(Failure) -> [CycleJudgement] {
    defer { progress.clear() }
    try calibrate(tscKHz)
    var round = 0
    while elapsed < budget, round < CycleEvidence.looks.last ?? 0, operations.contains(where: \.isOpen) {
      try runRound()
      round += 1
      // The last look is at whatever the budget has bought.
      if CycleEvidence.looks.contains(round), elapsed < budget { look() }
    }
    look()
    return judgements()
  }

  /// Measures so many rounds, whatever they show, and returns the pairs of each operation.
  ///
  /// - Throws: ``Failure`` when a side cannot be run.
  mutating func record(rounds: Int, tscKHz: UInt64) throws(Failure) -> [GroupedSample] {
    defer { progress.clear() }
    try calibrate(tscKHz)
    for _ in 0..<rounds { try runRound() }
    return operations.map(\.quartets)
  }

  private var elapsed: Double { Clock.seconds() - start }

  /// Finds how many operations fill a block, and which ones a side cannot run.
  private mutating func calibrate(_ tscKHz: UInt64) throws(Failure) {
    let workers = try startWorkers()
    for index in operations.indices {
      switch try Calibration.iterations(of: operations[index].name, workers, tscKHz: tscKHz) {
      case .success(let iterations): operations[index].iterations = iterations
      case .failure(let obstacle): operations[index].obstacle = obstacle
      }
    }
  }

  private mutating func runRound() throws(Failure) {
    let workers = try startWorkers()
    for index in operations.indices.filter({ operations[$0].isOpen }).shuffled(using: &generator) {
      try runQuartets(index, workers)
      if elapsed >= budget { return }
    }
  }

  private mutating func runQuartets(_ index: Int, _ workers: [BlockWorker]) throws(Failure) {
    let request = BlockRequest(workload: operations[index].name, iterations: operations[index].iterations)
    let open = operations.count { $0.isOpen }
    let share = Self.quartetSeconds / Double(max(open, 1))
    let begin = Clock.seconds()
    var round: [Double] = []
    repeat {
      var medians: [[Double]] = [[], []]
      // Within either order a drift of the host that is linear in time cancels.
      for side in Bool.random(using: &generator) ? [0, 1, 1, 0] : [1, 0, 0, 1] {
        let reply = try workers[side].run(request)
        guard reply.isCompleted, let median = reply.median, median > 0 else {
          operations[index].obstacle = Obstacle(reply)
          return
        }
        medians[side].append(Double(median))
        operations[index].medians[side].append(median)
      }
      let ratios = zip(medians[0], medians[1]).map { log($1 / $0) }
      round.append(ratios.reduce(0, +) / Double(ratios.count))
      let seconds = elapsed
      let text =
        "\(Int(seconds)) s\(budget.isFinite ? " of \(Int(min(budget, 1e9)))" : ""): \(open) of \(operations.count) operations open, now \(operations[index].name)"
      progress.show(text, seconds: seconds)
    } while Clock.seconds() - begin < share && elapsed < budget
    operations[index].quartets.append(round: round)
  }

  /// Both sides' programs, started in random order.
  private mutating func startWorkers() throws(Failure) -> [BlockWorker] {
    let firstIsA = Bool.random(using: &generator)
    let first = try BlockWorker(sides[firstIsA ? 0 : 1])
    let second = try BlockWorker(sides[firstIsA ? 1 : 0])
    return firstIsA ? [first, second] : [second, first]
  }

  /// Looks at what is not decided yet.
  private mutating func look() {
    for index in operations.indices where operations[index].isOpen {
      operations[index].evidence = CycleEvidence(
        operations[index].name, quartets: operations[index].quartets, tolerance: operations[index].tolerance,
        using: &generator)
    }
    for (index, judgement) in judgements().enumerated() where operations[index].isOpen {
      if judgement.verdict != .inconclusive { operations[index].decision = judgement }
    }
  }

  /// What is known so far, in the order of the operations.
  private func judgements() -> [CycleJudgement] {
    let measured = operations.filter { $0.obstacle == nil }
    let judged = CycleJudgement.judge(measured.compactMap(\.evidence))
    let byName = Dictionary(judged.map { ($0.operation, $0) }) { first, _ in first }
    return operations.map { operation in
      if let obstacle = operation.obstacle {
        return CycleJudgement(
          operation.name, obstacle.verdict, reason: obstacle.reason, tolerance: operation.tolerance)
      }
      if let decision = operation.decision { return decision }
      var judgement =
        byName[operation.name]
        ?? CycleJudgement(
          operation.name, .inconclusive, reason: "the budget was spent before it was measured",
          tolerance: operation.tolerance)
      judgement.oldCycles = Location.median(operation.medians[0].map { Double($0) })
      judgement.newCycles = Location.median(operation.medians[1].map { Double($0) })
      return judgement
    }
  }
}

extension PairedPass.Operation {
  /// Whether more blocks may still say more.
  var isOpen: Bool { obstacle == nil && decision == nil }
}
