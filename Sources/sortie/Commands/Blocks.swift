import ArgumentParser
import SortieGate
import SortieMachine

/// `sortie blocks`.
struct Blocks: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run blocks of operations as told on standard input: the hands of bench and check.",
    discussion: """
      A line of standard input names a workload and a number of operations, such as `pio-write 500`. For each, a fresh \
      virtual machine performs the operation that often, and a line of JSON on standard output says what came of it: \
      `outcome`, `operations` (the first tenth warms the machine up and is left out), and `durations`, the cycles \
      that operations took with how often each occurred. It ends at the end of its input.

      `sortie bench` and `sortie check` start it, of this program or of another version of it, on both sides of a \
      comparison. The options to inject slowdowns prove that a gate sees them.
      """)

  @OptionGroup var machine: MachineOptions

  func run() throws {
    var runner = try BlockRunner(machine.settings())
    while let line = readLine() {
      guard let request = BlockRequest(line: line) else {
        throw Failure(
          "\"\(line)\" is no request; one is WORKLOAD ITERATIONS, such as pio-write 500", status: .usage)
      }
      guard try Output.write(Array((GateJSON.line(runner.run(request)) + "\n").utf8)) else { return }
    }
  }
}

/// How the machines of blocks are made.
struct MachineOptions: ParsableArguments {
  @Option(help: ArgumentHelp("MiB of guest memory.", valueName: "MiB"))
  var memory = 16

  @Option(
    help: ArgumentHelp(
      "Host CPUs of the vCPUs, such as 0 or 0,1; a workload with another number of vCPUs runs where the scheduler likes.",
      valueName: "cpus"))
  var pin: String?

  @Option(help: ArgumentHelp("Make every exit to the VMM slower by so many cycles.", valueName: "cycles"))
  var injectDelay: UInt64 = 0

  @Option(help: ArgumentHelp("Add so many turns of a counted loop to every operation.", valueName: "turns"))
  var injectSteps: UInt64 = 0

  @Option(help: ArgumentHelp("Add a port write to every so many operations.", valueName: "n"))
  var injectPortEvery: UInt64 = 0

  @Option(help: ArgumentHelp("Add a CPUID to every so many operations.", valueName: "n"))
  var injectCpuidEvery: UInt64 = 0

  func validate() throws {
    if !GuestLayout.memoryMiB.contains(memory) {
      throw ValidationError(
        "--memory \(memory): from \(GuestLayout.memoryMiB.lowerBound) to \(GuestLayout.memoryMiB.upperBound) MiB"
      )
    }
    _ = try Pinning.cpus(pin)
  }

  /// The settings that the options state.
  func settings() throws -> RunSettings {
    var settings = RunSettings(memoryMiB: memory, pinning: try Pinning.cpus(pin), kernel: nil)
    settings.injection = injection
    return settings
  }

  /// The options as the words of a command line.
  var words: [String] {
    var words = ["--memory", "\(memory)"]
    if let pin { words += ["--pin", pin] }
    let injections = [
      ("--inject-delay", injectDelay), ("--inject-steps", injectSteps),
      ("--inject-port-every", injectPortEvery),
      ("--inject-cpuid-every", injectCpuidEvery),
    ]
    for (name, value) in injections where value > 0 { words += [name, "\(value)"] }
    return words
  }

  private var injection: Injection {
    var injection = Injection(exitDelay: injectDelay)
    injection.guest.steps = injectSteps
    injection.guest.portWriteEvery = injectPortEvery
    injection.guest.cpuidEvery = injectCpuidEvery
    return injection
  }
}
