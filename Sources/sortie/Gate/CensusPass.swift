import SortieAnalysis
import SortieGate
import SortieMachine
import SortieTrace
import SystemPackage
import WorkloadCatalog

/// Counts the exits of operations: each runs several times, every run in a trace of its own, which is analysed here.
///
/// What takes longer than the operations is done once for all of them, or not at all: the kernel's events are made ready
/// once, and what probes cost is not measured, for counts do not depend on it.
struct CensusPass: ~Copyable {
  private let settings: RunSettings
  private let kernel = KernelTier(KernelSettings(details: true))
  private let directory: TraceDirectory
  private var progress = Progress()
  private let start = MonotonicClock.seconds()

  /// Operations of a run.
  static let iterations: UInt64 = 1000
  /// Runs of an operation: what noise adds, it does not add to all of them.
  private static let runs = 3
  /// Runs of an operation whose first runs differ. By chance alone all runs now lie above all of the budget's once in
  /// 48,620 times (the ways to choose 9 of 18); of three, it would be once in 20.
  private static let runsOfNoisy = 9
  /// A guest that is stuck is noticed much sooner. Two vCPUs that wait for each other on one busy processor take a time slice
  /// for each of the operations, a minute and more.
  private static let secondsOfRun = 300.0

  /// A pass with machines of these settings, whose traces stay in the directory `kept`, if there is one.
  ///
  /// - Throws: ``Failure`` when there is no place for the traces.
  init(_ settings: RunSettings, keepingTracesIn kept: FilePath?) throws(Failure) {
    let directory = try TraceDirectory(keepingIn: kept, for: "census")
    self.directory = directory
    self.settings = settings
  }

  /// Counts the exits of `workload`.
  ///
  /// - Throws: ``Failure`` when it cannot be recorded.
  mutating func run(
    _ workload: Workload, on host: borrowing HostUnderTest
  ) throws(Failure) -> Result<ExitCensus, Obstacle> {
    defer { progress.clear() }
    let guest = try Guest(workload)
    var settings = settings
    settings.iterations = Self.iterations
    if settings.pinning.count != workload.vcpus { settings.pinning = [] }
    var runs: [ExitTally] = []
    var census = ExitCensus(iterations: Self.iterations, kinds: [], runs: [])
    while runs.count < (census.isNoisy ? Self.runsOfNoisy : Self.runs) {
      let trace = directory.file("\(workload.name)-\(runs.count + 1).sortie")
      defer { directory.release(trace) }
      let outcome = try record(GuestRun(guest, settings, on: host), into: trace, on: host)
      progress.show("\(workload.name), run \(runs.count + 1)", seconds: MonotonicClock.seconds() - start)
      switch outcome.status {
      case .success: break
      case .interrupted: throw Interruption.failure
      case .unsupportedHere:
        return .failure(Obstacle(verdict: .unsupported, reason: "this host cannot run it"))
      default: return .failure(Obstacle(verdict: .notComparable, reason: outcome.text))
      }
      switch try Self.counts(trace) {
      case .success(let tally): runs.append(tally)
      case .failure(let obstacle): return .failure(obstacle)
      }
      census = ExitCensus(iterations: Self.iterations, kinds: runs[0].kinds, runs: runs.map(\.counts))
    }
    return .success(census)
  }

  private func record(
    _ run: GuestRun, into trace: FilePath, on host: borrowing HostUnderTest
  ) throws(Failure) -> RunOutcome {
    let session = try TraceSession(
      path: trace, host: host.description, kernel: kernel, measuresProbes: false)
    let outcome = try session.record(
      run, timeout: Self.secondsOfRun, signals: try Interruption.signals().stop
    ) { _ in true }
    try session.finish()
    return outcome
  }

  /// The counts of a trace, or why they are not all.
  private static func counts(_ path: FilePath) throws(Failure) -> Result<ExitTally, Obstacle> {
    let trace = try OpenTrace.open(path)
    let analysis: Analysis
    do { analysis = try analyze(TraceFileSource(trace)) } catch { throw Failure(error) }
    let totals = analysis.totals
    guard totals.lost == 0, totals.lossesOfUnknownCount == 0, trace.isComplete else {
      return .failure(
        Obstacle(
          verdict: .notComparable, reason: "events were lost (\(totals.lost) and more), so counts are not all"
        ))
    }
    let tally = ExitTally(analysis)
    if tally.kinds == [.roundTrip], analysis.vms.first?.operation?.declaredClass == "light" {
      let reason = analysis.host["kernel_tier"] ?? "no kernel events"
      return .failure(
        Obstacle(
          verdict: .notComparable,
          reason: "only round trips can be counted here, and a light exit makes none (\(reason)); run as root"
        ))
    }
    return .success(tally)
  }
}
