import SortieGate
import SortieMachine
import SortieProbes
import SortieStatistics
import WorkloadCatalog

/// Proves the gate on slowdowns that are known: a calibrated delay in the machine monitor's exit path for a heavy operation,
/// turns of a loop in the guest for a light one, an exit more in 1,000 operations for the counts, and another program on the
/// same processor for steal.
struct SelfTest: ~Copyable {
  /// How much of it is done.
  struct Size {
    /// Live runs without a slowdown, and with one.
    var cleanRuns = 30, slowRuns = 10
    /// Suites replayed without a slowdown, and runs with one.
    var cleanReplays = 1000, slowReplays = 100
    /// What a suite of nothing but noise is made of.
    var suite = ["pio-write", "pio-read", "mmio-write", "cpuid", "msr-read"]
    /// Counts taken without an additional exit, and with one.
    var counts = 5
    /// Whether a slowdown must be found, and not only never be passed.
    var isStrict = true

    /// As the reference result in Reports is made.
    static let full = Size()
    /// As the tests do it.
    static let short = Size(
      cleanRuns: 1, slowRuns: 1, cleanReplays: 50, slowReplays: 20, suite: ["pio-write", "cpuid"],
      counts: 1, isStrict: false)
  }

  private let size: Size
  private let machine: MachineOptions
  private let budget: Double
  private let host: HostUnderTest
  private let seed: UInt64
  private var seeds: SeededGenerator
  private var trials: [SelfTestTrial] = []
  private let start = MonotonicClock.seconds()
  private let activity = HostActivity()

  private static let tolerance = 0.02
  private static let heavy = "pio-write"
  private static let light = "cpuid"
  /// The slowdown injected, as a share; of a light operation at least that.
  private static let slowdown = 0.05

  /// A self-test of this size on this host; each live run spends `budget` seconds at most.
  ///
  /// - Throws: ``Failure`` when no guest can be run here.
  init(_ size: Size, _ machine: MachineOptions, budget: Double, seed: UInt64) throws(Failure) {
    let host = try HostUnderTest()
    self.size = size
    self.machine = machine
    self.budget = budget
    self.host = host
    self.seed = seed
    seeds = SeededGenerator(seed: seed)
  }

  /// A kind of run, and what must come of it.
  private struct Plan {
    let name: String
    var operations: [String]
    /// What makes side B slower; empty: nothing.
    var injection: [String] = []
    let runs: Int
    /// The verdict that must come; nil: any that is not wrong.
    var wanted: GateVerdict?
    /// Wrong verdicts and misses that are put up with.
    var allowance = 0

    /// What cannot be compared proves nothing.
    var wrong: [GateVerdict] {
      [.notComparable, .unsupported]
        + (injection.isEmpty ? [.regression, .improvement] : [.pass, .improvement])
    }
  }

  /// Makes all trials.
  ///
  /// - Throws: ``Failure`` when a side cannot be run.
  mutating func run() throws(Failure) -> SelfTestResult {
    let delay = try InjectedSlowdown.delay(Self.heavy, share: Self.slowdown, machine)
    let steps = try InjectedSlowdown.steps(Self.light, share: Self.slowdown, machine)
    let (slow, light) = ("\(delay.percent) on \(Self.heavy)", "\(steps.percent) on \(Self.light)")
    let found: GateVerdict? = size.isStrict ? .regression : nil
    try live(Plan(name: "live, nothing injected", operations: size.suite, runs: size.cleanRuns))
    try live(
      Plan(
        name: "live, \(slow)", operations: [Self.heavy], injection: delay.words, runs: size.slowRuns,
        wanted: found))
    try live(
      Plan(
        name: "live, \(light)", operations: [Self.light], injection: steps.words, runs: size.slowRuns,
        wanted: found))
    try replays(
      Plan(
        name: "resampled, nothing injected", operations: size.suite, runs: size.cleanReplays,
        allowance: size.cleanReplays / 1000))
    try replays(
      Plan(
        name: "resampled, \(slow)", operations: [Self.heavy], injection: delay.words, runs: size.slowReplays,
        wanted: found, allowance: size.slowReplays / 20))
    // Under load a slowdown may go unseen; 1 wrong verdict in 100 is put up with.
    let hog = try Child(hogCommand, environment: [:])
    try replays(
      Plan(
        name: "resampled, nothing injected, under load", operations: size.suite, runs: size.slowReplays,
        allowance: size.slowReplays / 100))
    try replays(
      Plan(
        name: "resampled, \(slow), under load", operations: [Self.heavy], injection: delay.words,
        runs: size.slowReplays, allowance: size.slowReplays / 100))
    hog.end()
    try counts()
    return SelfTestResult(
      host: host.description.lasting, seed: seed, slowdowns: [delay.result, steps.result],
      seconds: MonotonicClock.seconds() - start, conditions: activity.conditions(), trials: trials)
  }

  /// Runs on the processor of the vCPU as long as this process is there.
  private var hogCommand: [String] {
    let spin = ["/bin/sh", "-c", "while kill -0 $PPID 2>/dev/null; do :; done"]
    return machine.placement.effectivePin.map { ["/usr/bin/taskset", "-c", $0] + spin } ?? spin
  }

  private func pass(_ plan: Plan, budget: Double, _ seed: UInt64) throws(Failure) -> PairedPass {
    let base = try Side(own: machine.words)
    var other = base
    other.options += plan.injection
    return PairedPass(
      plan.operations.map { ($0, Self.tolerance) }, [base, other], budget: budget, seed: seed)
  }

  /// Of a suite the first wrong verdict counts, else the first that is not the wanted one.
  private static func worst(_ verdicts: [GateVerdict], _ plan: Plan) -> GateVerdict {
    verdicts.first { plan.wrong.contains($0) } ?? verdicts.first { $0 == .inconclusive } ?? verdicts.first
      ?? .notComparable
  }

  private mutating func live(_ plan: Plan) throws(Failure) {
    var trial = SelfTestTrial(
      plan.name, wanted: plan.wanted, wrong: plan.wrong, allowance: plan.allowance)
    for run in 1...max(plan.runs, 1) {
      Terminal.note("self-test: \(plan.name), run \(run) of \(plan.runs)")
      var pass = try pass(plan, budget: budget, seeds.next())
      trial.add(Self.worst(try pass.run(tscKHz: host.tscKHz).map(\.verdict), plan))
    }
    trials.append(trial)
  }

  private mutating func replays(_ plan: Plan) throws(Failure) {
    Terminal.note("self-test: \(plan.name), rounds to resample from")
    // As many as a live run would have had, for a resample of more would know more than was measured.
    var pass = try pass(plan, budget: budget, seeds.next())
    let pools = try pass.record(tscKHz: host.tscKHz)
    let rounds = pools.first?.rounds ?? 0
    guard
      let replay = SequentialReplay(
        pools, rounds: rounds, tolerance: Self.tolerance, isNull: plan.injection.isEmpty)
    else { throw Failure("\(plan.name): the rounds were not recorded") }
    var trial = SelfTestTrial(
      plan.name + ", \(rounds) rounds", wanted: plan.wanted, wrong: plan.wrong, allowance: plan.allowance)
    for _ in 0..<plan.runs { trial.add(Self.worst(replay.run(using: &seeds), plan)) }
    trials.append(trial)
  }

  /// An exit more in 1,000 operations, heavy and light, and none.
  private mutating func counts() throws(Failure) {
    var clean = SelfTestTrial(
      "exit counts, nothing injected", wanted: .pass, wrong: [.regression], allowance: 0)
    var port = SelfTestTrial(
      "exit counts, a port write more in 1,000", wanted: .regression, wrong: [.pass], allowance: 0)
    var cpuid = SelfTestTrial(
      "exit counts, a CPUID more in 1,000", wanted: .regression, wrong: [.pass], allowance: 0)
    for run in 1...size.counts {
      Terminal.note("self-test: exit counts, run \(run) of \(size.counts)")
      for name in [Self.heavy, Self.light] {
        guard let workload = Workload.named(name) else { continue }
        let budget = try census(workload) { _ in }
        clean.add(CountJudgement(name, new: try census(workload) { _ in }, budget: budget).verdict)
        let ports = try census(workload) { $0.portWriteEvery = CensusPass.iterations }
        port.add(CountJudgement(name, new: ports, budget: budget).verdict)
        let cpuids = try census(workload) { $0.cpuidEvery = CensusPass.iterations }
        cpuid.add(CountJudgement(name, new: cpuids, budget: budget).verdict)
      }
    }
    trials += [clean, port, cpuid]
  }

  private func census(
    _ workload: Workload, injecting: (inout GuestDisturbance) -> Void
  ) throws(Failure) -> ExitCensus {
    var settings = try machine.settings()
    injecting(&settings.injection.guest)
    var pass = try CensusPass(settings, keepingTracesIn: nil)
    switch try pass.run(workload, on: host) {
    case .success(let census): return census
    case .failure(let obstacle): throw Failure("\(workload.name): \(obstacle.reason)")
    }
  }
}
