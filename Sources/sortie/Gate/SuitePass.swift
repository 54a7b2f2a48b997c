import SortieGate
import SortieMachine
import SortieStatistics

/// Measures operations on one side: rounds of a freshly started program, in each of which every operation gets blocks, in
/// random order.
struct SuitePass {
  /// An operation while it is measured.
  private struct Operation {
    let name: String
    var iterations: UInt64 = 0
    var rounds: [[UInt64]] = []
    var durations = DurationCounts()
    var obstacle: Obstacle?
  }

  /// What came of an operation.
  enum Outcome {
    case measured(CycleResult)
    case leftOut(Obstacle)
  }

  private var operations: [Operation]
  private let side: Side
  private var generator: SeededGenerator
  private var progress = Progress()
  private let start = MonotonicClock.seconds()

  /// Rounds of a suite, at least: fewer bear no interval.
  static let leastRounds = 8
  /// Blocks of an operation in a round.
  private static let blocks = 3

  /// A pass over the workloads `names`.
  init(_ names: [String], _ side: Side, seed: UInt64) {
    operations = names.map { Operation(name: $0) }
    self.side = side
    generator = SeededGenerator(seed: seed)
  }

  /// Measures for about `budget` seconds, and ``leastRounds`` rounds at the least.
  ///
  /// - Throws: ``Failure`` when the side cannot be run.
  mutating func run(budget: Double, tscKHz: UInt64) throws(Failure) -> [String: Outcome] {
    defer { progress.clear() }
    let found = try Calibration.iterations(
      of: operations.map(\.name), [BlockWorker(side)], tscKHz: tscKHz)
    for (index, result) in found.enumerated() {
      switch result {
      case .success(let iterations): operations[index].iterations = iterations
      case .failure(let obstacle): operations[index].obstacle = obstacle
      }
    }
    var round = 0
    while operations.contains(where: { $0.obstacle == nil }), round < Self.leastRounds || elapsed < budget {
      round += 1
      try runRound(round)
    }
    return Dictionary(uniqueKeysWithValues: operations.map { ($0.name, Self.outcome($0)) })
  }

  private var elapsed: Double { MonotonicClock.seconds() - start }

  private mutating func runRound(_ round: Int) throws(Failure) {
    let worker = try BlockWorker(side)
    for index in generator.shuffled(operations.indices.filter { operations[$0].obstacle == nil }) {
      let request = BlockRequest(workload: operations[index].name, iterations: operations[index].iterations)
      var medians: [UInt64] = []
      for _ in 0..<Self.blocks {
        let reply = try worker.run(request)
        guard reply.isCompleted, let median = reply.median else {
          operations[index].obstacle = Obstacle(reply)
          break
        }
        medians.append(median)
        operations[index].durations.add(reply)
      }
      operations[index].rounds.append(medians)
      let seconds = elapsed
      progress.show("round \(round), \(request.workload), \(Int(seconds)) s", seconds: seconds)
    }
  }

  private static func outcome(_ operation: Operation) -> Outcome {
    if let obstacle = operation.obstacle { return .leftOut(obstacle) }
    return .measured(
      operation.durations.result(iterations: operation.iterations, rounds: operation.rounds))
  }
}
