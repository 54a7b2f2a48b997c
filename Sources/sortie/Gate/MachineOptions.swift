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

  @OptionGroup var devices: DeviceOptions

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
    devices.apply(to: &settings)
    settings.injection = injection.injection
    return settings
  }

  /// The options as the words of a command line.
  var words: [String] { wordsWithoutInjection + injection.words }

  /// The same without what is injected.
  var wordsWithoutInjection: [String] {
    ["--memory", "\(memory)"] + (effectivePin.map { ["--pin", $0] } ?? [])
      + unusual.flatMap { ["--\($0.key)", $0.value] }
  }

  /// Options of devices that are not as they are by default, by name. A sortie that does not know them is not asked to.
  private var unusual: [(key: String, value: String)] {
    [
      devices.irqchip == .kernel ? nil : ("irqchip", devices.irqchip.rawValue),
      devices.kick == .ioeventfd ? nil : ("kick", devices.kick.rawValue),
      devices.interrupt == .irqfd ? nil : ("interrupt", devices.interrupt.rawValue),
    ].compactMap(\.self)
  }

  /// What a result says of them.
  var description: [String: String] {
    var description = ["memory_mib": "\(memory)", "pin": effectivePin ?? "none"]
    for option in unusual { description[option.key] = option.value }
    if !injection.words.isEmpty { description["injected"] = injection.words.joined(separator: " ") }
    return description
  }

  /// `--pin`, or the last processor that this process may use: the first ones serve most interrupts of a host.
  var effectivePin: String? {
    if let pin { return pin == "none" ? nil : pin }
    return Pinning.lastUsable.map(String.init)
  }
}
