import ArgumentParser
import Glibc
import SortieGate
import SortieReport
import SystemPackage
import WorkloadCatalog

/// `sortie bench`.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the operations of the catalog: a baseline for `sortie check`.",
    discussion: """
      Counts the exits of each operation (`sortie record --detail`, several runs), then measures what an operation costs \
      as the guest sees it (g0 to g1): rounds of a freshly started program, in each of which every operation gets blocks in \
      random order, each block in a fresh virtual machine whose first operations warm it up and are left out. Cycles are TSC \
      reference cycles.

      --output saves the result as JSON: the budget of `sortie check --exits --baseline FILE`. Cycles of another time \
      can only be judged against a baseline that knows how far one session lies from another: add at least three with \
      --append.

      EXIT STATUS: see `sortie --help`; an operation that this host cannot run is named and left out.
      """)

  @Argument(help: ArgumentHelp("\(Operations.help)", valueName: "suite|op"))
  var operations: [String] = []

  @Option(
    help: ArgumentHelp(
      "Seconds to measure cycles for, at about, and at least \(SuitePass.leastRounds) rounds of each operation.",
      valueName: "seconds"))
  var budget = 60.0

  @Flag(help: "Count exits only: no cycles.")
  var exitsOnly = false

  @Option(help: ArgumentHelp("Seed of the random order; without it one is drawn.", valueName: "n"))
  var seed: UInt64?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Save the result; an older one of that name is replaced.", valueName: "file.json"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Add this session to a result of the same host and machine, or begin one.", valueName: "file.json"))
  var append: String?

  @Option(help: ArgumentHelp("Keep the traces of the exit counts in a directory.", valueName: "directory"))
  var traces: String?

  @Option(
    help: ArgumentHelp(
      "Print the run in the shape of a published table, its figures beside: vmexit (kvm-unit-tests) or pvm (SOSP 2023). Without operations, those of the table are measured.",
      valueName: "table"),
    transform: { name in
      guard let table = PublishedTable(rawValue: name) else {
        throw ValidationError("vmexit and pvm are known")
      }
      return table
    })
  var table: PublishedTable?

  @Flag(
    help: ArgumentHelp(
      "Prove the gate instead: inject known slowdowns and additional exits, and print how often they are found, and how often "
        + "something is that is not there. Exits with 1 when that is not as often as it must be."))
  var selfTest = false

  @Flag(help: "With --self-test: a short one.")
  var short = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var machine: MachineOptions

  func validate() throws {
    if !(budget > 0 && budget <= 604_800) {
      throw ValidationError("--budget \(budget): above 0 and at most 604800 seconds, a week")
    }
    if short, !selfTest { throw ValidationError("--short goes with --self-test") }
    if table != nil, json || exitsOnly || selfTest {
      throw ValidationError("--table prints cycles as text: not with --json, --exits-only or --self-test")
    }
    if selfTest, append != nil || exitsOnly || !operations.isEmpty {
      throw ValidationError("--self-test chooses its operations, and its result is not appended to others")
    }
    if output != nil, append != nil { throw ValidationError("give --output or --append, not both") }
  }

  func run() throws {
    Interruption.begin()
    if selfTest { return try proveGate() }
    let ofTable = table?.workloads(VMExitNames.all) ?? []
    let workloads = try Operations.named(operations.isEmpty ? ofTable : operations)
    let older = try append.flatMap { path in
      try access(path, F_OK) == 0 ? GateFile.bench(FilePath(path)) : nil
    }
    try WholeFile.check(output ?? append)
    _ = try Pinning.usable(machine.placement.pin)
    var measurement = try Measurement(workloads, machine)
    if let older, let append { try Self.check(measurement.result(), fits: older, append) }
    try measurement.countExits(keepingTracesIn: traces.map { FilePath($0) })
    if !exitsOnly { try measurement.measureCycles(budget: budget, seed: seed ?? .random(in: 0...(1 << 32))) }
    var result = measurement.result()
    if let older { result = Self.appended(result, to: older) }
    if let path = output ?? append { try GateFile.write(result, to: FilePath(path)) }
    if json {
      try Output.write(try GateJSON.document(result))
    } else if let table {
      try Output.print(table.text(result, names: VMExitNames.all, colour: Terminal.wantsColour))
    } else {
      try Output.print(textBench(result, colour: Terminal.wantsColour))
    }
    let failed = result.operations.filter { $0.obstacle != nil && !$0.isUnsupported }.map(\.name)
    if !failed.isEmpty { throw Failure("could not be measured: \(failed.joined(separator: ", "))") }
  }

  private func proveGate() throws {
    try WholeFile.check(output)
    var test = try SelfTest(
      short ? .short : .full, machine, budget: budget, seed: seed ?? .random(in: 0...(1 << 32)))
    let result = try test.run()
    if let output { try GateFile.write(result, to: FilePath(output)) }
    if json {
      try Output.write(try GateJSON.document(result))
    } else {
      try Output.print(textSelfTest(result, colour: Terminal.wantsColour))
    }
    if !result.isMet { leave(with: .failure) }
  }

  /// Whether `older`, in the file at `path`, can take a session like that of `result`.
  ///
  /// - Throws: ``Failure`` naming why not.
  private static func check(
    _ result: BenchResult, fits older: BenchResult, _ path: String
  ) throws(Failure) {
    let differences = Comparability.differences(old: older.host, new: result.host)
    guard differences.isEmpty, older.machine == result.machine else {
      throw Failure(
        "\(path) is of another host or machine and cannot take this session: "
          + (differences + (older.machine == result.machine ? [] : ["other machine options"])).joined(
            separator: "; "),
        status: .usage)
    }
  }

  /// `older` with the session of `result` behind its own.
  private static func appended(_ result: BenchResult, to older: BenchResult) -> BenchResult {
    var joined = older
    joined.sessions += result.sessions
    return joined
  }
}
