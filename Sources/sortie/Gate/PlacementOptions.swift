import ArgumentParser
import SortieMachine

/// How much memory the machines of blocks have, and where they run.
struct PlacementOptions: ParsableArguments {
  @Option(
    name: .customLong("memory"), help: ArgumentHelp("MiB of guest memory; 16 by default.", valueName: "MiB"))
  var givenMemory: Int?

  @Option(
    help: ArgumentHelp(
      "Host CPUs of the vCPUs, such as 0 or 0,1, or none; the last CPU that this process may use by default. A workload with another number of vCPUs runs where the scheduler likes.",
      valueName: "cpus"))
  var pin: String?

  /// MiB of guest memory.
  var memory: Int { givenMemory ?? 16 }

  func validate() throws {
    if !GuestLayout.memoryMiB.contains(memory) {
      throw ValidationError(
        "--memory \(memory): from \(GuestLayout.memoryMiB.lowerBound) to \(GuestLayout.memoryMiB.upperBound) MiB"
      )
    }
    _ = try Pinning.cpus(effectivePin)
  }

  /// The options as the words of a command line.
  var words: [String] { ["--memory", "\(memory)"] + (effectivePin.map { ["--pin", $0] } ?? []) }

  /// `--pin`, or the last processor that this process may use: the first ones serve most interrupts of a host.
  var effectivePin: String? {
    if let pin { return pin == "none" ? nil : pin }
    return Pinning.lastUsable.map(String.init)
  }
}
