import SortieGate
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
    /// Rounds recorded for replays.
    var rounds = 40
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
      cleanRuns: 1, slowRuns: 1, rounds: 8, cleanReplays: 50, slowReplays: 20, suite: ["pio-write", "cpuid"],
      counts: 1, isStrict: false)
  }

  private let size: Size
  private let machine: MachineOptions
  private let budget: Double
  private let host: HostUnderTest
  private let seed: UInt64
  private var seeds: SeededGenerator
  private var trials: [SelfTestTrial] = []
  private let start = Clock.seconds()

  private static let tolerance = 0.02
  private static let heavy = "pio-write"
  private static let light = "cpuid"
  /// The slowdown injected into the heavy operation, as a share.
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

  /// Makes all trials.
  ///
  /// - Throws: ``Failure`` when a side cannot be run.
  mutating func run() throws(Failure) -> SelfTestResult {
    let delay = try calibratedDelay()
    let slow = ["--inject-delay", "\(delay)"]
    let percent = "+\(Int(Self.slowdown * 100)) % on \(Self.heavy)"
    try live("live, nothing injected", size.suite, [], size.cleanRuns, slow: false)
    try live("live, \(percent)", [Self.heavy], slow, size.slowRuns, slow: true)
    try live(
      "live, a loop in the guest of \(Self.light)", [Self.light], lightInjection,
      size.slowRuns,
      slow: true)
    try replays("resampled, nothing injected", [], size.cleanReplays, slow: false)
    try replays("resampled, \(percent)", slow, size.slowReplays, slow: true)
    let hog = try Child(hogCommand, environment: [:])
    try replays(
      "resampled, nothing injected, under load", [], size.slowReplays, slow: false,
      isLoaded: true)
    try replays(
      "resampled, \(percent), under load", slow, size.slowReplays, slow: true,
      isLoaded: true)
    hog.end()
    try counts()
    return SelfTestResult(
      host: host.description.named, seed: seed, injectedCycles: delay, seconds: Clock.seconds() - start,
      trials: trials)
  }

  /// Cycles by which the heavy operation has to be made slower for the slowdown.
  private mutating func calibratedDelay() throws(Failure) -> UInt64 {
    let side = try Side(own: machine.words)
    let worker = try BlockWorker(side)
    var medians: [Double] = []
    for _ in 0..<9 {
      let reply = try worker.run(BlockRequest(workload: Self.heavy, iterations: 300))
      guard let median = reply.median else {
        throw Failure("\(Self.heavy) cannot be measured here: \(reply.outcome)", status: .unsupportedHere)
      }
      medians.append(Double(median))
    }
    return UInt64((Location.median(medians) ?? 0) * Self.slowdown)
  }

  /// A turn of the loop is a tenth of the operation and more where instructions are emulated; on a processor it takes many.
  private var lightInjection: [String] {
    ["--inject-steps", host.emulatesGuestCode ? "1" : "1000"]
  }

  /// Runs on the processor of the vCPU as long as this process is there.
  private var hogCommand: [String] {
    let spin = ["/bin/sh", "-c", "while kill -0 $PPID 2>/dev/null; do :; done"]
    return machine.effectivePin.map { ["/usr/bin/taskset", "-c", $0] + spin } ?? spin
  }

  private func pass(
    _ operations: [String], _ injection: [String], budget: Double, _ seed: UInt64
  ) throws(Failure) -> PairedPass {
    let base = try Side(own: machine.words)
    var slow = base
    slow.options += injection
    return PairedPass(
      operations.map { .init(name: $0, tolerance: Self.tolerance) }, [base, slow], budget: budget, seed: seed)
  }

  /// A trial in which a slowdown must be seen, or none must be. What cannot be compared proves nothing.
  private func trial(_ name: String, slow: Bool, allowance: Int) -> SelfTestTrial {
    SelfTestTrial(
      name, wanted: slow && size.isStrict ? .regression : nil,
      wrong: [.notComparable, .unsupported] + (slow ? [.pass, .improvement] : [.regression, .improvement]),
      allowance: allowance)
  }

  /// Of a suite the first wrong verdict counts, else the first that is not the wanted one.
  private static func worst(_ verdicts: [GateVerdict], _ trial: SelfTestTrial) -> GateVerdict {
    verdicts.first { trial.wrong.contains($0) } ?? verdicts.first { $0 == .inconclusive } ?? verdicts.first
      ?? .notComparable
  }

  private mutating func live(
    _ name: String, _ operations: [String], _ injection: [String], _ runs: Int, slow: Bool
  ) throws(Failure) {
    var trial = trial(name, slow: slow, allowance: 0)
    for run in 1...max(runs, 1) {
      Terminal.note("self-test: \(name), run \(run) of \(runs)")
      var pass = try pass(operations, injection, budget: budget, seeds.next())
      trial.add(Self.worst(try pass.run(tscKHz: host.tscKHz).map(\.verdict), trial))
    }
    trials.append(trial)
  }

  private mutating func replays(
    _ name: String, _ injection: [String], _ runs: Int, slow: Bool, isLoaded: Bool = false
  ) throws(Failure) {
    Terminal.note("self-test: \(name), \(size.rounds) rounds to resample from")
    var pass = try pass(slow ? [Self.heavy] : size.suite, injection, budget: .infinity, seeds.next())
    let begin = Clock.seconds()
    let pools = try pass.record(rounds: size.rounds, tscKHz: host.tscKHz)
    let bought = Int(budget / max((Clock.seconds() - begin) / Double(size.rounds), 1e-3))
    let rounds = max(1, min(bought, CycleEvidence.looks.last ?? bought))
    guard
      let replay = SequentialReplay(pools, rounds: rounds, tolerance: Self.tolerance, isNull: !slow)
    else { throw Failure("\(name): the rounds were not recorded") }
    var trial = trial(
      name + ", \(rounds) rounds", slow: slow,
      allowance: slow && !isLoaded ? runs / 20 : isLoaded ? runs / 100 : runs / 1000)
    // Under load a slowdown may go unseen; 1 wrong verdict in 100 is put up with.
    if isLoaded { trial.wanted = nil }
    for _ in 0..<runs { trial.add(Self.worst(replay.run(using: &seeds), trial)) }
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
        let budget = try census(workload, [])
        clean.add(CountJudgement(name, new: try census(workload, []), budget: budget).verdict)
        let ports = try census(workload, ["--inject-port-every", "\(CensusPass.iterations)"])
        port.add(CountJudgement(name, new: ports, budget: budget).verdict)
        let cpuids = try census(workload, ["--inject-cpuid-every", "\(CensusPass.iterations)"])
        cpuid.add(CountJudgement(name, new: cpuids, budget: budget).verdict)
      }
    }
    trials += [clean, port, cpuid]
  }

  private func census(_ workload: Workload, _ injection: [String]) throws(Failure) -> ExitCensus {
    var side = try Side(own: machine.words)
    side.options += injection
    var pass = try CensusPass(side, keepingTracesIn: nil)
    switch try pass.run(workload) {
    case .success(let census): return census
    case .failure(let obstacle): throw Failure("\(workload.name): \(obstacle.reason)")
    }
  }
}
