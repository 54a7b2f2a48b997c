import ArgumentParser
import SortieMachine

/// Known slowdowns, additional exits and wrong data, to prove that they are seen.
struct InjectionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Make every exit to the VMM slower by so many cycles.", valueName: "cycles"))
  var injectDelay: UInt64 = 0

  @Option(help: ArgumentHelp("Add so many turns of a counted loop to every operation.", valueName: "turns"))
  var injectSteps: UInt64 = 0

  @Option(help: ArgumentHelp("Add a port write to every so many operations.", valueName: "n"))
  var injectPortEvery: UInt64 = 0

  @Option(help: ArgumentHelp("Add a CPUID to every so many operations.", valueName: "n"))
  var injectCpuidEvery: UInt64 = 0

  @Option(help: ArgumentHelp("Get a bit wrong in the n-th transfer of an I/O plan.", valueName: "n"))
  var injectCorruption: UInt64 = 0

  /// What is injected.
  var injection: Injection {
    var injection = Injection(exitDelay: injectDelay)
    injection.guest.steps = injectSteps
    injection.guest.portWriteEvery = injectPortEvery
    injection.guest.cpuidEvery = injectCpuidEvery
    injection.corruptedTransfer = injectCorruption
    return injection
  }

  /// The options as the words of a command line.
  var words: [String] {
    [
      ("--inject-delay", injectDelay), ("--inject-steps", injectSteps),
      ("--inject-port-every", injectPortEvery),
      ("--inject-cpuid-every", injectCpuidEvery), ("--inject-corruption", injectCorruption),
    ].flatMap { $0.1 > 0 ? [$0.0, "\($0.1)"] : [] }
  }
}
