import ArgumentParser
import SortieMachine

/// How the machines of blocks are made.
struct MachineOptions: ParsableArguments {
  @OptionGroup var placement: PlacementOptions

  @OptionGroup var devices: DeviceOptions

  @OptionGroup(title: "Injected slowdowns, to prove that a gate sees them", visibility: .hidden)
  var injection: InjectionOptions

  /// The settings that the options state.
  ///
  /// - Throws: ``Failure`` naming what is wrong with them.
  func settings() throws(Failure) -> RunSettings {
    var settings = RunSettings(memoryMiB: placement.memory, kernel: nil)
    do { settings.pinning = try Pinning.cpus(placement.effectivePin) } catch {
      throw Failure(error, status: .usage)
    }
    devices.apply(to: &settings)
    settings.injection = injection.injection
    return settings
  }

  /// The options as the words of a command line.
  var words: [String] { placement.words + unusual.flatMap { ["--\($0.key)", $0.value] } + injection.words }

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
    var description = ["memory_mib": "\(placement.memory)", "pin": placement.effectivePin ?? "none"]
    for option in unusual { description[option.key] = option.value }
    if !injection.words.isEmpty { description["injected"] = injection.words.joined(separator: " ") }
    return description
  }
}
