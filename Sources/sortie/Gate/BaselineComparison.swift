import Glibc
import SortieGate
import SortieStatistics
import SystemPackage
import WorkloadCatalog

/// This host now, held against a saved result of `sortie bench`.
struct BaselineComparison {
  private let baseline: BenchResult
  private let path: String
  private let workloads: [Workload]
  private let machine: MachineOptions
  private let tolerances: Tolerances

  /// A comparison with `baseline` of the operations `names`, or of all that it holds.
  ///
  /// - Throws: ``Failure`` naming an operation that does not exist.
  init(
    _ baseline: BenchResult, path: String, names: [String], _ machine: MachineOptions,
    _ tolerances: Tolerances
  ) throws(Failure) {
    self.baseline = baseline
    self.path = path
    self.machine = machine
    self.tolerances = tolerances
    // An operation that this sortie no longer has is one of the baseline's that is missing now: it is named as such.
    let known = baseline.operations.map(\.name).filter { Workload.named($0) != nil }
    workloads = try Operations.named(names.isEmpty ? known : names)
  }

  /// Holds exit counts against the budget.
  ///
  /// - Throws: ``Failure`` when nothing can be counted.
  func exits(keepingTracesIn directory: FilePath?, _ seed: UInt64) throws(Failure) -> CheckResult {
    let start = Clock.seconds()
    var measurement = try Measurement(workloads, machine)
    try measurement.countExits(keepingTracesIn: directory)
    let now = measurement.result()
    let judgements = now.operations.map { operation in
      judgement(of: operation)
    }
    return CheckResult(
      mode: .exits, old: path, new: "this host now", host: now.host, seed: seed,
      seconds: Clock.seconds() - start, exits: judgements)
  }

  private func judgement(of operation: OperationResult) -> CountJudgement {
    let name = operation.name
    guard let budget = baseline.operations.first(where: { $0.name == name })?.exits else {
      return CountJudgement(name, .notComparable, reason: "\(path) has no exit counts of it")
    }
    guard let exits = operation.exits else {
      return CountJudgement(
        name, .notComparable,
        reason: "it was counted for \(path) and cannot be now: \(operation.obstacle ?? "")")
    }
    return CountJudgement(name, new: exits, budget: budget, tolerance: tolerances.ofCounts(name))
  }

  /// Holds cycles against the baseline's sessions.
  ///
  /// - Throws: ``Failure`` when nothing can be measured.
  func cycles(budget: Double, _ seed: UInt64, isForced: Bool) throws(Failure) -> CheckResult {
    let start = Clock.seconds()
    var measurement = try Measurement(workloads, machine)
    let differences = Comparability.differences(old: baseline.host, new: measurement.hostAttributes)
    if differences.isEmpty || isForced { try measurement.measureCycles(budget: budget, seed: seed) }
    let now = measurement.result()
    var generator = SeededGenerator(seed: seed)
    var judgements: [CycleJudgement?] = []
    var evidence: [CycleEvidence] = []
    for operation in now.operations {
      let obstacle = differences.isEmpty || isForced ? self.obstacle(operation) : "the host is another"
      guard obstacle == nil, let cycles = operation.cycles else {
        judgements.append(
          CycleJudgement(
            operation.name, .notComparable, reason: obstacle ?? "it was not measured",
            tolerance: tolerances[operation.name]))
        continue
      }
      judgements.append(nil)
      evidence.append(
        CycleEvidence(
          operation.name, new: Self.sample(cycles), sessions: sessions(of: operation.name),
          tolerance: tolerances[operation.name], using: &generator))
    }
    var judged = CycleJudgement.judge(evidence)[...]
    let all = zip(now.operations, judgements).map { operation, leftOut in
      guard leftOut == nil, var judgement = judged.popFirst() else { return leftOut }
      judgement.newCycles = operation.cycles.flatMap(Self.median)
      judgement.oldCycles = Location.median(
        baseline.sessions.compactMap { session in
          session.operations.first { $0.name == operation.name }?.cycles.flatMap(Self.median)
        })
      return judgement
    }
    return CheckResult(
      mode: .baseline, old: path, new: "this host now", host: now.host, seed: seed,
      seconds: Clock.seconds() - start, differences: differences, isForced: isForced && !differences.isEmpty,
      cycles: all.compactMap { $0 })
  }

  private func obstacle(_ operation: OperationResult) -> String? {
    if let obstacle = operation.obstacle { return "this host cannot run it: \(obstacle)" }
    return sessions(of: operation.name).isEmpty ? "\(path) has no cycles of it" : nil
  }

  private func sessions(of name: String) -> [GroupedSample] {
    baseline.sessions.compactMap { session in
      session.operations.first { $0.name == name }?.cycles.map(Self.sample)
    }.filter { !$0.rounds.isEmpty }
  }

  /// Logarithms of the medians of blocks.
  private static func sample(_ cycles: CycleResult) -> GroupedSample {
    GroupedSample(rounds: cycles.rounds.map { $0.filter { $0 > 0 }.map { log(Double($0)) } })
  }

  private static func median(_ cycles: CycleResult) -> Double? {
    Location.median(cycles.rounds.joined().map { Double($0) })
  }
}
