import ArgumentParser
import SortieGate
import SortieMachine
import SortieProbes
import SortieReport
import SystemPackage
import WorkloadCatalog

/// `sortie check`.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Did exits get slower, or more? A verdict with an exit status, for CI.",
    discussion: """
      --against measures two sides in one run, in pairs of neighbouring blocks, each block in a fresh virtual machine: \
      the side A is this sortie as it is, the side B is what the words say that follow: NAME=VALUE for its environment, then \
      another sortie, then options of `sortie blocks`, each of them optional. --prepare-a and --prepare-b, always both, are \
      shell commands before each block of a side, to switch a setting of the host there and back. This is the mode to trust: \
      whatever else happens on the host happens to both sides.

      Two figures decide: what an operation costs "undisturbed" (the 5 % quantile of the blocks' medians of either side, \
      which neighbours on the host leave alone), and the "mean" of all blocks, which sees that more of them are slow. A verdict \
      per operation: REGRESSION (the whole interval of either change lies above the tolerance, and a permutation test agrees), \
      pass (the undisturbed change lies below it, the mean's not above), improvement, or inconclusive (too noisy to say when \
      the budget is spent, or too little is known). "By" says which of them decided.

      --baseline holds this host against what `sortie bench` saved on it: with --exits the counts of exits by reason, which \
      are nearly free of noise and mean the same in CI and on hardware; without, cycles, which only compare on the same host, \
      kernel and nesting level, and only with a baseline of three sessions or more (`sortie bench --append`), for \
      one run tells nothing of how far runs lie apart: of fewer, nothing is measured. At least 8 rounds of each operation are \
      measured, which may take longer than --budget says.

      The document of --json holds every block that was measured; --replay judges it again, with the tolerances and the seed \
      that are given, else with its own. Sources/SortieGate/SCHEMA.md says what its keys mean.

      "Change" is that from "old" to "new", by the figure that decided; a line under the table says what the two are. "Could \
      see" is the smallest change that this run would have told from the tolerance in 8 of 10 cases.

      EXIT STATUS
        0    pass
        1    regression
        2    the command line is wrong
        3    inconclusive: too noisy to say (give more --budget or a quieter host), or the message says why
        4    not comparable, or it could not be measured: the message says why
        130  a signal ended it
      """)

  @Argument(help: ArgumentHelp("\(Operations.help)", valueName: "suite|op"))
  var operations: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Compare this sortie (A) with: [NAME=VALUE]… [SORTIE] [OPTION]…", valueName: "words"))
  var against: String?

  @Option(help: ArgumentHelp("A shell command before each block of side A.", valueName: "command"))
  var prepareA: String?

  @Option(help: ArgumentHelp("A shell command before each block of side B.", valueName: "command"))
  var prepareB: String?

  @Option(
    help: ArgumentHelp(
      "The largest change that passes: 2% for all operations, hypercall=1% for one; may be repeated. 2% by default.",
      valueName: "share"))
  var tolerance: [String] = []

  @Option(
    help: ArgumentHelp(
      "Seconds to measure for, at most; with --baseline at about, and at least 8 rounds of each operation.",
      valueName: "seconds"))
  var budget = 60.0

  @Option(
    help: ArgumentHelp("Seed of all random choices; without it one is drawn and printed.", valueName: "n"))
  var seed: UInt64?

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var machine: MachineOptions

  @Option(
    help: ArgumentHelp(
      "Compare with a result that `sortie bench` saved on this host.", valueName: "file.json"))
  var baseline: String?

  @Option(
    help: ArgumentHelp(
      "Judge a saved document of `sortie check --json` again; nothing is measured.", valueName: "file.json"))
  var replay: String?

  @Flag(help: "With --baseline: hold exit counts against its budget, exit for exit, not cycles.")
  var exits = false

  @Flag(help: "With --baseline: compare with another host all the same; the result says so.")
  var force = false

  @Option(help: ArgumentHelp("With --exits: keep the traces in a directory.", valueName: "directory"))
  var traces: String?

  @Option(help: ArgumentHelp("Also write the result as Markdown, for a pull request.", valueName: "file.md"))
  var markdown: String?

  @Option(help: ArgumentHelp("Also write the result as JUnit XML.", valueName: "file.xml"))
  var junit: String?

  func validate() throws {
    if !(budget > 0 && budget <= 604_800) {
      throw ValidationError("--budget \(budget): above 0 and at most 604800 seconds, a week")
    }
    let isPaired = against != nil || prepareA != nil || prepareB != nil
    if [isPaired, baseline != nil, replay != nil].count(where: { $0 }) != 1 {
      throw ValidationError(
        "give one of --baseline, --replay, and --against (or --prepare-a and --prepare-b)")
    }
    if (prepareA == nil) != (prepareB == nil) {
      throw ValidationError(
        "--prepare-a and --prepare-b go together: what one side sets on the host would stay set for the other"
      )
    }
    if replay != nil, !operations.isEmpty {
      throw ValidationError("--replay judges all that the document holds")
    }
    if baseline == nil, exits || force || traces != nil {
      throw ValidationError("--exits, --force and --traces go with --baseline")
    }
    if traces != nil, !exits {
      throw ValidationError("--traces goes with --exits: cycles are measured without")
    }
    if exits, force {
      throw ValidationError("exit counts need no --force: they mean the same on every host of a kind")
    }
    _ = try Tolerances(tolerance)
  }

  func run() throws {
    // Judging alone may be ended as any program.
    if replay == nil {
      Interruption.begin()
      _ = try Pinning.usable(machine.placement.pin)
    }
    for path in [markdown, junit] { try WholeFile.check(path) }
    let result: CheckResult
    do {
      result = try check()
      try write(result)
    } catch let failure as Failure {
      // 1 says "regression" here, and a failure to measure is none.
      throw failure.status == .usage || failure.status == .interrupted
        ? failure : Failure(failure.message, status: .guestFailed)
    } catch {
      throw Failure("\(error)", status: .guestFailed)
    }
    leave(with: ExitStatus(rawValue: result.outcome.rawValue) ?? .failure)
  }

  private func check() throws -> CheckResult {
    let tolerances = try Tolerances(tolerance)
    if let replay {
      let old = try GateFile.read(CheckResult.self, FilePath(replay), of: "sortie check --json")
      return old.judgedAgain(seed: seed ?? old.seed) { tolerances.stated($0) ?? $1 }
    }
    let seed = seed ?? .random(in: 0...(1 << 32))
    guard let baseline else { return try paired(tolerances, seed) }
    let comparison = try BaselineComparison(
      GateFile.bench(FilePath(baseline)), path: baseline, names: operations, machine, tolerances)
    return exits
      ? try comparison.exits(keepingTracesIn: traces.map { FilePath($0) }, seed, isForced: force)
      : try comparison.cycles(budget: budget, seed, isForced: force)
  }

  private func paired(_ tolerances: Tolerances, _ seed: UInt64) throws -> CheckResult {
    let workloads = try Operations.named(operations)
    let sideA = try Side(own: machine.words, preparation: prepareA)
    let sideB = try Side(against: against ?? "", base: sideA, preparation: prepareB)
    let host = try HostUnderTest()
    let start = MonotonicClock.seconds()
    let activity = HostActivity()
    var pass = PairedPass(
      workloads.map { ($0.name, tolerances[$0.name]) }, [sideA, sideB],
      budget: budget, seed: seed)
    let judgements = try pass.run(tscKHz: host.tscKHz)
    return CheckResult(
      mode: .against, old: sideA.name, new: sideB.name, host: host.description.lasting, seed: seed,
      seconds: MonotonicClock.seconds() - start, conditions: activity.conditions(), cycles: judgements)
  }

  private func write(_ result: CheckResult) throws {
    if json {
      try Output.write(try GateJSON.document(result))
    } else {
      try Output.print(textCheck(result, colour: Terminal.wantsColour))
    }
    if let markdown { try WholeFile.write(Array(markdownCheck(result).utf8), to: FilePath(markdown)) }
    if let junit { try WholeFile.write(Array(junitCheck(result).utf8), to: FilePath(junit)) }
  }
}
