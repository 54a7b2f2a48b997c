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
  func exits(keepingTracesIn directory: FilePath?, _ seed: UInt64, isForced: Bool) throws(Failure)
    -> CheckResult
  {
    let start = Clock.seconds()
    var measurement = try Measurement(workloads, machine)
    let differences = Comparability.exitDifferences(old: baseline.host, new: measurement.hostAttributes)
    let isComparable = differences.isEmpty || isForced
    if isComparable { try measurement.countExits(keepingTracesIn: directory) }
    let now = measurement.result()
    let judgements = now.operations.map { operation in
      isComparable
        ? judgement(of: operation)
        : CountJudgement(operation.name, .notComparable, reason: "the host is of another kind")
    }
    return CheckResult(
      mode: .exits, old: path, new: "this host now", host: now.host, seed: seed,
      seconds: Clock.seconds() - start, differences: differences, isForced: isForced && !differences.isEmpty,
      exits: judgements)
  }

  private func judgement(of operation: OperationResult) -> CountJudgement {
    let name = operation.name
    let old = baseline.operations.first { $0.name == name }
    if let exits = operation.exits, let budget = old?.exits {
      return CountJudgement(name, new: exits, budget: budget, tolerance: tolerances.ofCounts(name))
    }
    let (verdict, reason) = leftOut(operation, old, wasMeasured: old?.exits != nil)
    return CountJudgement(name, verdict, reason: reason)
  }

  /// What is to be said of an operation that was not measured on both sides: what a host cannot run, and could not when the
  /// baseline was made, is no news.
  private func leftOut(
    _ now: OperationResult, _ old: OperationResult?, wasMeasured: Bool
  ) -> (verdict: GateVerdict, reason: String) {
    if now.isUnsupported, old?.isUnsupported ?? true { return (.unsupported, now.obstacle ?? "") }
    if let obstacle = now.obstacle {
      return (
        .notComparable, wasMeasured ? "\(path) has it, and it cannot be measured now: \(obstacle)" : obstacle
      )
    }
    return (.notComparable, "\(path) has no figures of it" + (old?.obstacle.map { ": \($0)" } ?? ""))
  }

  /// Holds cycles against the baseline's sessions.
  ///
  /// - Throws: ``Failure`` when nothing can be measured.
  func cycles(budget: Double, _ seed: UInt64, isForced: Bool) throws(Failure) -> CheckResult {
    let start = Clock.seconds()
    var measurement = try Measurement(workloads, machine)
    let differences =
      Comparability.differences(old: baseline.host, new: measurement.hostAttributes)
      + machineDifferences
    let isComparable = differences.isEmpty || isForced
    if isComparable { try measurement.measureCycles(budget: budget, seed: seed) }
    let now = measurement.result()
    var generator = SeededGenerator(seed: seed)
    var judgements: [CycleJudgement?] = []
    var evidence: [CycleEvidence] = []
    for operation in now.operations {
      let sessions = sessions(of: operation.name)
      if isComparable, let cycles = operation.cycles, !sessions.isEmpty {
        judgements.append(nil)
        evidence.append(
          CycleEvidence(
            operation.name, new: Self.sample(cycles), sessions: sessions,
            tolerance: tolerances[operation.name],
            using: &generator))
      } else {
        let old = baseline.operations.first { $0.name == operation.name }
        let (verdict, reason) =
          isComparable
          ? leftOut(operation, old, wasMeasured: !sessions.isEmpty)
          : (.notComparable, "the host or the machine is another")
        judgements.append(
          CycleJudgement(operation.name, verdict, reason: reason, tolerance: tolerances[operation.name]))
      }
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

  private var machineDifferences: [String] {
    let now = machine.description
    return ["memory_mib", "pin"].compactMap { key in
      baseline.machine[key] == now[key]
        ? nil
        : "another --\(key == "pin" ? "pin" : "memory"): \(baseline.machine[key] ?? "unknown") then, \(now[key] ?? "unknown") now"
    }
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
