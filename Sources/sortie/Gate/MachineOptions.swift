import ArgumentParser
import SortieMachine

/// How the machines of blocks are made.
struct MachineOptions: ParsableArguments {
  @Option(help: ArgumentHelp("MiB of guest memory.", valueName: "MiB"))
  var memory = 16

  @Option(
    help: ArgumentHelp(
      "Host CPUs of the vCPUs, such as 0 or 0,1, or none; the last CPU that this process may use by default. A workload with another number of vCPUs runs where the scheduler likes.",
      valueName: "cpus"))
  var pin: String?

  @OptionGroup(title: "Injected slowdowns, to prove that a gate sees them", visibility: .hidden)
  var injection: InjectionOptions

  func validate() throws {
    if !GuestLayout.memoryMiB.contains(memory) {
      throw ValidationError(
        "--memory \(memory): from \(GuestLayout.memoryMiB.lowerBound) to \(GuestLayout.memoryMiB.upperBound) MiB"
      )
    }
    _ = try Pinning.cpus(effectivePin)
  }

  /// The settings that the options state.
  ///
  /// - Throws: ``Failure`` naming what is wrong with them.
  func settings() throws(Failure) -> RunSettings {
    var settings = RunSettings(memoryMiB: memory, kernel: nil)
    do { settings.pinning = try Pinning.cpus(effectivePin) } catch { throw Failure(error, status: .usage) }
    settings.injection = injection.injection
    return settings
  }

  /// The options as the words of a command line.
  var words: [String] { wordsWithoutInjection + injection.words }

  /// The same without what is injected.
  var wordsWithoutInjection: [String] {
    ["--memory", "\(memory)"] + (effectivePin.map { ["--pin", $0] } ?? [])
  }

  /// What a result says of them.
  var description: [String: String] {
    var description = ["memory_mib": "\(memory)", "pin": effectivePin ?? "none"]
    if !injection.words.isEmpty { description["injected"] = injection.words.joined(separator: " ") }
    return description
  }

  /// `--pin`, or the last processor that this process may use: the first ones serve most interrupts of a host.
  var effectivePin: String? {
    if let pin { return pin == "none" ? nil : pin }
    return Pinning.lastUsable.map(String.init)
  }
}
