import Glibc
import SortieGate
import SortieMachine
import SortieStatistics
import SystemPackage
import WorkloadCatalog

/// This host now, held against a saved result of `sortie bench`.
struct BaselineComparison {
  private let baseline: BenchResult
  /// What the baseline says of each operation.
  private let known: [OperationResult]
  private let path: String
  private let workloads: [Workload]
  /// Operations of the baseline that are to be compared and that this sortie does not have.
  private let missing: [String]
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
    known = baseline.latestOperations
    let all = known.map(\.name)
    guard names.isEmpty else {
      missing = []
      workloads = try Operations.named(names)
      return
    }
    missing = all.filter { Workload.named($0) == nil }
    // A file may name an operation and its alias, which is the same operation.
    workloads = all.compactMap { Workload.named($0) }.reduce(into: []) { found, workload in
      if !found.contains(where: { $0.name == workload.name }) { found.append(workload) }
    }
  }

  /// Holds exit counts against the budget.
  ///
  /// - Throws: ``Failure`` when nothing can be counted.
  func exits(keepingTracesIn directory: FilePath?, _ seed: UInt64, isForced: Bool) throws(Failure)
    -> CheckResult
  {
    let start = MonotonicClock.seconds()
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
    let gone = missing.map { CountJudgement($0, .notComparable, reason: Self.gone) }
    return CheckResult(
      mode: .exits, old: path, new: "this host now", host: now.host, seed: seed,
      seconds: MonotonicClock.seconds() - start, conditions: now.conditions, differences: differences,
      isForced: isForced && !differences.isEmpty,
      exits: judgements + gone)
  }

  private static let gone = "this sortie has no such operation"

  private func judgement(of operation: OperationResult) -> CountJudgement {
    let name = operation.name
    let old = known.first { $0.name == name }
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
    return (.notComparable, hasNoFigures(old))
  }

  private func hasNoFigures(_ old: OperationResult?) -> String {
    "\(path) has no figures of it" + (old?.obstacle.map { ": \($0)" } ?? "")
  }

  /// Holds cycles against the baseline's sessions.
  ///
  /// - Throws: ``Failure`` when nothing can be measured.
  func cycles(budget: Double, _ seed: UInt64, isForced: Bool) throws(Failure) -> CheckResult {
    let start = MonotonicClock.seconds()
    var measurement = try Measurement(workloads, machine)
    let differences =
      Comparability.differences(old: baseline.host, new: measurement.hostAttributes)
      + machineDifferences
    let isComparable = differences.isEmpty || isForced
    if isComparable {
      try measurement.measureCycles(budget: budget, seed: seed) { foregone($0) == nil }
    }
    let now = measurement.result()
    let operations = now.operations.map { operation in
      let sessions = sessions(of: operation.name)
      let blocks =
        isComparable && !sessions.isEmpty
        ? operation.cycles.map { cycles in
          MeasuredBlocks(old: sessions, new: cycles.rounds)
        } : nil
      return (name: operation.name, tolerance: tolerances[operation.name], blocks: blocks)
    }
    let judged = CycleJudgement.judge(baseline: operations, seed: seed)
    let cycles = zip(now.operations, judged).map { operation, judgement in
      if let judgement { return judgement }
      let old = known.first { $0.name == operation.name }
      let (verdict, reason) =
        isComparable
        ? foregone(operation.name)
          ?? leftOut(operation, old, wasMeasured: !sessions(of: operation.name).isEmpty)
        : (.notComparable, "the host or the machine is another")
      return CycleJudgement(operation.name, verdict, reason: reason, tolerance: tolerances[operation.name])
    }
    let gone = missing.map { name in
      CycleJudgement(name, .notComparable, reason: Self.gone, tolerance: tolerances[name])
    }
    return CheckResult(
      mode: .baseline, old: path, new: "this host now", host: now.host, seed: seed,
      seconds: MonotonicClock.seconds() - start, conditions: now.conditions, differences: differences,
      isForced: isForced && !differences.isEmpty,
      cycles: cycles + gone)
  }

  /// What can be said of an operation's cycles before any are measured, for no measuring would change it; nil: nothing.
  private func foregone(_ name: String) -> (verdict: GateVerdict, reason: String)? {
    let old = known.first { $0.name == name }
    let sessions = sessions(of: name)
    // Whether this host still cannot run it has to be tried.
    if old?.isUnsupported == true, sessions.isEmpty { return nil }
    guard sessions.isEmpty else {
      return CycleEvidence.tooFewSessions(sessions.count).map { (.inconclusive, $0) }
    }
    return (
      .notComparable,
      old?.exits == nil
        ? hasNoFigures(old) : "\(path) has no cycles of it, only counts of its exits: use --exits"
    )
  }

  private var machineDifferences: [String] {
    let now = machine.description
    return ["memory_mib", "pin", "irqchip", "kick", "interrupt"].compactMap { key in
      baseline.machine[key] == now[key]
        ? nil
        : "another --\(key == "memory_mib" ? "memory" : key): \(baseline.machine[key] ?? "default") then, \(now[key] ?? "default") now"
    }
  }

  /// The medians of an operation's blocks in each session that measured it.
  private func sessions(of name: String) -> [[[UInt64]]] {
    baseline.sessions.compactMap { session in
      session.operations.first { $0.name == name }?.cycles?.rounds
    }.filter { rounds in rounds.contains { !$0.isEmpty } }
  }
}
