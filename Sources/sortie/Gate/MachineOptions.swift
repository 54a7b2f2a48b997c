import ArgumentParser
import SortieMachine

/// How the machines of blocks are made.
struct MachineOptions: ParsableArguments {
  @Option(help: ArgumentHelp("MiB of guest memory.", valueName: "MiB"))
  var memory = 16

  @Option(
    help: ArgumentHelp(
      "Host CPUs of the vCPUs, such as 0 or 0,1; a workload with another number of vCPUs runs where the scheduler likes.",
      valueName: "cpus"))
  var pin: String?

  @OptionGroup(title: "Injected slowdowns, to prove that a gate sees them") var injection: InjectionOptions

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
    settings.injection = injection.injection
    return settings
  }

  /// The options as the words of a command line.
  var words: [String] {
    ["--memory", "\(memory)"] + (pin.map { ["--pin", $0] } ?? []) + injection.words
  }
}
