import Glibc
import SortieAnalysis
import SortieGate
import SortieTrace
import SystemPackage
import WorkloadCatalog

/// Counts the exits of operations: `sortie record` of one side runs each several times, and its traces are analysed here.
struct CensusPass: ~Copyable {
  private let side: Side
  /// Where traces are written while they are looked at.
  private let directory: FilePath
  /// Where the traces of an operation stay; nil: nowhere.
  private let kept: FilePath?
  private var progress = Progress()
  private let start = Clock.seconds()

  /// Operations of a run.
  static let iterations: UInt64 = 1000
  /// Runs of an operation: what noise adds, it does not add to all of them.
  static let runs = 3
  private static let secondsOfRun = 60

  /// A pass on `side`, whose traces stay in the directory `kept`, if there is one.
  ///
  /// - Throws: ``Failure`` when there is no place for the traces.
  init(_ side: Side, keepingTracesIn kept: FilePath?) throws(Failure) {
    if let kept { try Self.make(kept) }
    let directory = try Self.temporaryDirectory()
    self.directory = directory
    self.side = side
    self.kept = kept
  }

  private static func temporaryDirectory() throws(Failure) -> FilePath {
    var template = Array("/tmp/sortie-census-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Failure("no directory for traces can be made in /tmp: \(String(cString: strerror(errno)))")
    }
    return FilePath(platformString: template)
  }

  private static func make(_ directory: FilePath) throws(Failure) {
    guard mkdir(directory.string, 0o755) == 0 || errno == EEXIST else {
      throw Failure("\(directory) cannot be made: \(String(cString: strerror(errno)))")
    }
  }

  deinit { rmdir(directory.string) }

  /// Counts the exits of `workload`.
  ///
  /// - Throws: ``Failure`` when it cannot be recorded.
  mutating func run(_ workload: Workload) throws(Failure) -> Result<ExitCensus, Obstacle> {
    var runs: [ExitTally] = []
    for run in 1...Self.runs {
      let trace = (kept ?? directory).appending("\(workload.name)-\(run).sortie")
      let messages = directory.appending("messages")
      defer {
        if kept == nil { unlink(trace.string) }
        unlink(messages.string)
      }
      let status = try Child.run(
        [side.program, "record", workload.name] + side.options + [
          "--iterations", "\(Self.iterations)", "--timeout", "\(Self.secondsOfRun)", "--detail", "-o",
          trace.string,
        ], environment: side.environment, messages: messages,
        limit: Double(Self.secondsOfRun + 30))
      progress.show("\(workload.name), run \(run)", seconds: Clock.seconds() - start)
      switch ExitStatus(rawValue: status) {
      case .success: break
      case .unsupportedHere:
        return .failure(Obstacle(verdict: .unsupported, reason: "this host cannot run it"))
      default:
        return .failure(
          Obstacle(
            verdict: .notComparable,
            reason: "`sortie record \(workload.name)` ended with status \(status): \(Self.lastLine(messages))"
          ))
      }
      switch try Self.counts(trace) {
      case .success(let tally): runs.append(tally)
      case .failure(let obstacle): return .failure(obstacle)
      }
    }
    progress.clear()
    return .success(
      ExitCensus(
        iterations: Self.iterations, kinds: runs.first?.kinds ?? [], runs: runs.map(\.counts)))
  }

  private static func lastLine(_ path: FilePath) -> String {
    guard let file = fopen(path.string, "r") else { return "" }
    defer { fclose(file) }
    var last = ""
    var line = [CChar](repeating: 0, count: 512)
    while fgets(&line, Int32(line.count), file) != nil {
      last = String(
        decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return last
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
