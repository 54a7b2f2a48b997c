import Glibc
import LabBoot
import SortieAnalysis
import Synchronization
import SystemPackage
import Testing
import WorkloadCatalog

/// The lab (`Tests/Lab`), booted once for all tests: what its commands printed, and the files they left.
enum Lab {
  /// Operations of a run: enough for every kind of count, few enough for an emulated processor.
  static func iterations(_ workload: Workload) -> UInt64 {
    workload.device == nil ? min(workload.defaultIterations, 1_000) : 32
  }

  /// A run that is held against what the catalog declares for it.
  struct Run: Sendable {
    let name: String
    let workload: Workload
    var parameters: [UInt64] = []
    /// Further options of `sortie record`.
    var options: [String] = []
    var kick = Workload.Kick.ioeventfd
    var irqchip = HostKind.IRQChip.kernel

    /// How often the guest performs its operation.
    var iterations: UInt64 { Lab.iterations(workload) }

    /// What it should cause there.
    func expectation() throws -> WorkloadCatalog.Expectation {
      var host = try Lab.host()
      host.irqchip = irqchip
      return workload.expectation(on: host, parameters: parameters, kick: kick)
    }

    fileprivate var words: String {
      let options =
        parameters.map { "--parameter \($0)" } + (kick == .exit ? ["--kick exit"] : [])
        + (irqchip == .split ? ["--irqchip split"] : []) + options
      return "\(name) \(workload.name) \(iterations) \(options.joined(separator: " "))"
    }
  }

  /// Every workload; those with an I/O plan with details, and in further ways.
  static let runs: [Run] =
    Workload.all.map { Run(name: $0.name, workload: $0) }
    + Workload.io.map { workload in
      planned(workload, workload.name, [workload.name.hasPrefix("disk-") ? 512 : 64, 7])
    }
    + [
      ("disk-virtio", "exit", [512, 7], [], .exit, .kernel),
      ("net-virtio", "receive", [64, 7, 0, 8], [], .ioeventfd, .kernel),
      ("net-e1000", "receive", [64, 7, 0, 8], [], .ioeventfd, .kernel),
      ("net-virtio", "vhost", [64, 7], ["--net sortie-plan,vhost"], .ioeventfd, .kernel),
      ("net-e1000", "masking", [64, 7, 100, 1, 1], [], .ioeventfd, .kernel),
      ("net-e1000", "split", [64, 7, 100, 1, 1], [], .ioeventfd, .split),
      ("net-virtio", "split", [64, 7, 100, 1], [], .ioeventfd, .split),
      ("irq-inject-line", "split", [], [], .ioeventfd, .split),
    ].compactMap { name, way, parameters, options, kick, irqchip in
      Workload.named(name).map { planned($0, "\(name)-\(way)", parameters, options, kick, irqchip) }
    }

  private static func planned(
    _ workload: Workload, _ name: String, _ parameters: [UInt64], _ options: [String] = [],
    _ kick: Workload.Kick = .ioeventfd, _ irqchip: HostKind.IRQChip = .kernel
  ) -> Run {
    Run(
      name: name, workload: workload, parameters: parameters, options: ["--detail"] + options, kick: kick,
      irqchip: irqchip)
  }

  /// Operations of the one long run: so many that what a trace has only once weighs little.
  static let stampedIterations: UInt64 = 10_000

  /// Recordings with details: names, guests and what they are given.
  static let detailed: [(name: String, arguments: String)] =
    [
      "msr-write", "msr-read", "apic-self-ipi", "tsc-deadline", "cpuid", "hypercall", "page-first-touch",
      "pio-pit", "pio-ioeventfd", "mmio-ioeventfd",
    ].map { ("\($0).detail", $0) } + [("apic-self-ipi-xapic.detail", "apic-self-ipi --parameter 1")]

  /// Guests that sleep, given so many cycles to sleep at a time that they do it a few dozen times a second at most.
  static let slowSleepers = ["hlt-timer", "ipi-halt", "hypercall-kick"]
  /// How often they sleep.
  static let slowSleeps: UInt64 = 60

  /// What runs there: names and commands.
  private static let commands: [(name: String, command: String)] =
    [
      ("workloads", "modprobe -a tun vhost_net; " + underPerf(runs)),
      ("perf-report", "perf kvm -i ../workloads.files/perf.data stat report --event=vmexit"),
      ("perf-losses", "perf report -i ../workloads.files/perf.data --stats"),
    ]
    + detailed.map { name, arguments in
      (name, "sortie record \(arguments) --detail --iterations 200 -o \(name).sortie")
    }
    + slowSleepers.map { name in
      (
        "\(name)-slow",
        "sortie record \(name) --parameter 100000000 --iterations \(slowSleeps) --timeout 120 -o \(name)-slow.sortie"
      )
    } + [
      ("stamped", "sortie record pio-write --iterations \(stampedIterations) -o stamped.sortie"),
      ("import-whole", "import-step whole"),
      ("import-stat", "import-step stat"),
      ("watched", "watch-step"),
      ("gate", gate),
      ("doctor", "sortie doctor --json"),
      ("report", "sortie report ../workloads.files/hypercall.sortie --json"),
      ("release", "uname -r"),
      ("failure", "echo said; echo complained >&2; touch left; exit 7"),
    ]

  /// Whether there is time for everything: `make test-long`.
  private static let isLong = getenv("SORTIE_TEST_LONG") != nil

  /// Operations that are light there: what they do the kernel handles, but for the end of the run.
  private static let lightOperations = Workload.all.filter { workload in
    let expectation = workload.expectation(on: HostKind(.svm, emulatedProcessor: true, kernel: nil))
    return expectation.roundTripTotal(iterations: 1000).upperBound < 1000
      && expectation.lightExits.values.contains { $0.total(iterations: 1000).upperBound >= 1000 }
  }.map(\.name)

  /// What is gated there.
  static let gated = isLong ? lightOperations : ["hypercall"]
  /// Operations that are given an exit more in 1,000, heavy and light.
  static let gatedForMore = isLong ? ["hypercall", "cpuid", "msr-write", "apic-self-ipi"] : ["hypercall"]
  /// How often what is gated there is checked against its budget.
  static let checks = isLong ? 10 : 1

  /// A budget, checks against it, and checks with an exit more in 1,000 operations. Statuses, a line each, are in files.
  private static let gate: String = {
    let check = "sortie check --exits --baseline budget.json"
    let same = (1...checks).map { "\(check) >same.\($0) 2>&1; echo $? >>same" }
    let more = gatedForMore.flatMap { name in
      ["cpuid", "port"].map { exit in
        "\(check) \(name) --inject-\(exit)-every 1000 >more.\(name).\(exit) 2>&1; echo $? >>more"
      }
    }
    return "sortie bench --exits-only \(gated.joined(separator: " ")) -o budget.json && { "
      + (same + more).joined(separator: "; ") + "; }"
  }()

  /// All runs, under one `perf kvm stat record`, with buffers that hold more than it can be late.
  private static func underPerf(_ runs: [Run]) -> String {
    let calls = runs.map { "run \($0.words)" }.joined(separator: "; ")
    let run =
      #"name=$1 guest=$2 count=$3; shift 3; sortie record $guest --iterations $count "$@" --timeout 60"#
      + " -o $name.sortie >$name.stdout 2>$name.stderr; echo $? >$name.status"
    return "perf kvm stat record -m 16M -o perf.data -- sh -c 'run() { \(run); }; \(calls)'"
  }

  /// Why there is no lab; nil where there is one.
  static let obstacle = LabBoot.obstacle(preparedBy: [
    "prepare", "prepare-program perf", "prepare-program trace-cmd",
  ])

  private static let boot = LabBoot(
    name: "tests",
    options:
      "--memory 3072 --perf --trace-cmd --add '\(LabBoot.root)/Tests/Lab/import-step' --add '\(LabBoot.root)/Tests/Lab/watch-step' --limit \(isLong ? 3600 : 1800)",
    commands: commands)

  /// How the command of this name ended.
  static func outcome(_ name: String) throws -> LabBoot.Outcome { try boot.outcome(name) }

  /// How the run of this name ended.
  static func run(of name: String) throws -> LabBoot.Outcome {
    try outcome("workloads.files/" + name)
  }

  /// The trace of the run of this name.
  static func trace(of name: String) throws -> FilePath {
    try file(name + ".sortie", of: "workloads")
  }

  /// The text of a file that a command left.
  static func text(_ name: String, of command: String) throws -> String {
    try boot.contents(of: "\(command).files/\(name)")
  }

  /// A file that a command left.
  static func file(_ name: String, of command: String) throws -> FilePath {
    try boot.file(name, of: command)
  }

  /// Whether there is a file.
  static func exists(_ path: FilePath) -> Bool { access(path.string, F_OK) == 0 }

  /// A run as it was recorded, and what the analysis makes of it: both once for all tests.
  struct RecordedRun: Sendable {
    let run: Run
    let trace: LabTrace
    let analysis: Analysis

    fileprivate init(_ name: String) throws {
      run = try #require(runs.first { $0.name == name })
      trace = try LabTrace(Lab.trace(of: name))
      analysis = try analyze(TraceFileSource(trace.file))
    }
  }

  private static let recordings = Mutex<[String: RecordedRun]>([:])

  /// The run of this name, read and analysed.
  static func recorded(_ name: String) throws -> RecordedRun {
    if let known = recordings.withLock({ $0[name] }) { return known }
    let run = try RecordedRun(name)
    recordings.withLock { $0[name] = run }
    return run
  }

  /// The lab as the catalog sees it.
  static func host() throws -> HostKind {
    let numbers = try outcome("release").output.split(separator: ".").prefix(2).map { Int($0) ?? 0 }
    return HostKind(.svm, emulatedProcessor: true, kernel: HostKind.KernelVersion(numbers[0], numbers[1]))
  }

  /// What a reader written from FORMAT.md alone says of a kernel event in a trace: rows of `column=value`.
  static func rowsAsSpecified(_ event: String, in trace: FilePath) throws -> [[Substring]] {
    let reader = LabBoot.root.appending("Tests/SortieTraceTests/read_trace.py")
    let (status, output) = LabBoot.shell("python3 '\(reader)' '\(trace)' \(event)")
    try #require(status == 0)
    return output.split(separator: "\n").map { $0.split(separator: " ") }
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips where the lab cannot be had, with the reason.
  static var needsLab: ConditionTrait {
    .enabled(if: Lab.obstacle == nil, "needs the lab: \(Lab.obstacle ?? "")")
  }
}
