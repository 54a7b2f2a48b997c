import SortieKVM
import SortieMachine
import SortieProbes
import WorkloadCatalog

/// This host: an open KVM, its description, and what executes guest code here.
struct HostUnderTest: ~Copyable {
  let system: KVMSystem
  let description: HostDescription
  /// KVM interprets guest code.
  let emulatesGuestCode: Bool
  /// Guest TSC frequency, kHz; 0 if unknown.
  let tscKHz: UInt64

  /// Opens /dev/kvm and looks at the host.
  ///
  /// - Throws: ``Failure`` with status 3 when no guest can be run here.
  init() throws(Failure) {
    let system = try Self.open()
    let probe = try Self.probe(system)
    var description = HostDescription()
    description.note(probe)
    self.system = system
    self.description = description
    emulatesGuestCode = probe.emulatesGuestCode
    tscKHz = probe.tscKHz ?? 0
  }

  private static func open() throws(Failure) -> KVMSystem {
    do { return try KVMSystem() } catch { throw unusable(error) }
  }

  private static func probe(_ system: borrowing KVMSystem) throws(Failure) -> GuestCodeProbe {
    do { return try GuestCodeProbe(system) } catch { throw unusable(error) }
  }

  private static func unusable(_ error: any Error) -> Failure {
    Failure(
      "no guest can be run on this host: \(error); `sortie doctor` says more", status: .unsupportedHere)
  }

  /// The processor's maker, as guests need to know it.
  var vendor: ProcessorVendor {
    if description.isIntel { return .intel }
    return description.isAMD ? .amd : .other
  }

  /// The host in the catalog's words.
  var kind: HostKind {
    let numbers = (description[.kernel] ?? "").split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    let kernel = numbers.count == 2 ? HostKind.KernelVersion(numbers[0], numbers[1]) : nil
    let execution: HostKind.Execution =
      emulatesGuestCode ? .emulated : (description.isIntel ? .vmx : .svm)
    let parameters = (description[.kvmParameters] ?? "").split(separator: " ")
    func isSet(_ name: String) -> Bool {
      parameters.contains { $0.hasPrefix(name + "=") && !$0.hasSuffix("=0") && !$0.hasSuffix("=N") }
    }
    return HostKind(
      execution, virtualAPIC: isSet("kvm_intel.enable_apicv") || isSet("kvm_amd.avic"),
      pauseLoopExits: isSet("kvm_intel.ple_gap")
        || isSet("kvm_amd.pause_filter_count") && isSet("kvm_amd.pause_filter_thresh"),
      emulatedProcessor: description[.hypervisor] == "TCGTCGTCGTCG", kernel: kernel)
  }
}

extension HostDescription {
  /// The attributes by their names.
  var named: [String: String] { Dictionary(uniqueKeysWithValues: rows.map { ($0.key.rawValue, $0.value) }) }

  /// What of them lasts from one measurement to the next.
  var lasting: [String: String] {
    named.filter { $0.key != Key.load.rawValue && $0.key != Key.steal.rawValue }
  }

  /// Notes what running guest code showed.
  mutating func note(_ probe: GuestCodeProbe) {
    note(
      tscKHz: probe.tscKHz, guestLoopCycles: probe.cyclesPerIteration, emulates: probe.emulatesGuestCode)
  }
}
