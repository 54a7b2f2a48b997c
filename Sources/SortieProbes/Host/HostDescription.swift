import CLinuxKVM
import Glibc

/// What a reader of figures must know of the host they were taken on. Everything is as the kernel states it; what the
/// kernel does not state is absent.
public struct HostDescription: Sendable {
  /// Attribute names, as they stand in a trace's `hosts` table.
  public enum Key: String, Sendable, CaseIterable {
    /// Kernel release, as `uname -r`.
    case kernel
    /// Machine architecture, as `uname -m`.
    case architecture
    /// `vendor_id` of the processor.
    case cpuVendor = "cpu_vendor"
    /// `model name` of the processor.
    case cpuModel = "cpu_model"
    /// Family/model/stepping.
    case cpuSignature = "cpu_signature"
    /// Microcode revision.
    case microcode
    /// Online processors.
    case cpus
    /// Whether this host is a virtual machine itself.
    case nested
    /// Signature of the hypervisor below, such as `KVMKVMKVM` or QEMU's `TCGTCGTCGTCG`.
    case hypervisor
    /// `kvm_intel`, `kvm_amd` or another module that registered with KVM.
    case kvmVendorModule = "kvm_vendor_module"
    /// KVM and its vendor module's parameters.
    case kvmParameters = "kvm_parameters"
    /// Host TSC frequency, kHz.
    case tscKHz = "tsc_khz"
    /// Whether the TSC runs at one rate in every power state.
    case tscInvariant = "tsc_invariant"
    /// Clock source of the kernel.
    case clockSource = "clock_source"
    /// Frequency governor of the processors.
    case governor
    /// Whether simultaneous multithreading is active.
    case smt
    /// Speculation mitigations in force.
    case mitigations
    /// Load average over one minute.
    case load
    /// Share of processor time taken by the hypervisor below since boot.
    case steal
    /// Whether KVM interprets guest code instead of running it on the processor.
    case emulatedGuestCode = "emulated_guest_code"
    /// Cycles of one iteration of the counted loop by which that was told.
    case guestLoopCycles = "guest_loop_cycles"
    /// Whether the kernel's events are in the trace: `recorded`, or `missing: ` and why.
    case kernelTier = "kernel_tier"
    /// Kernel events recorded, as `system/event`.
    case kernelEvents = "kernel_events"
    /// Kernel events wanted that could not be had, with the reasons.
    case kernelEventsMissing = "kernel_events_missing"
    /// Filters of the recorder, as on its command line.
    case recordingFilters = "recording_filters"
    /// Histograms and sums are all that was kept: `true`.
    case aggregate
  }

  /// The attributes known.
  public private(set) var attributes: [Key: String] = [:]

  /// An attribute, nil if unknown.
  public subscript(key: Key) -> String? {
    get { attributes[key] }
    set { attributes[key] = newValue }
  }

  /// The attributes known, in the order of ``Key``.
  public var rows: [(key: Key, value: String)] {
    Key.allCases.compactMap { key in attributes[key].map { (key, $0) } }
  }

  /// Reads what procfs and sysfs say; needs no privilege.
  public init() {
    var names = utsname()
    if uname(&names) == 0 {
      self[.kernel] = withUnsafeBytes(of: names.release) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      self[.architecture] = withUnsafeBytes(of: names.machine) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
    }
    let processor = Self.firstProcessor(KernelFile.read("/proc/cpuinfo") ?? "")
    let flags = Set((processor["flags"] ?? "").split(separator: " "))
    self[.cpuVendor] = processor["vendor_id"]
    self[.cpuModel] = processor["model name"]
    if let family = processor["cpu family"], let model = processor["model"],
      let stepping = processor["stepping"]
    {
      self[.cpuSignature] = "\(family)/\(model)/\(stepping)"
    }
    self[.microcode] = processor["microcode"]
    self[.cpus] = KernelFile.read("/sys/devices/system/cpu/online")
    if !flags.isEmpty {
      self[.nested] = "\(flags.contains("hypervisor"))"
      if flags.contains("hypervisor") { self[.hypervisor] = Self.hypervisorSignature() }
      self[.tscInvariant] = "\(flags.contains("constant_tsc") && flags.contains("nonstop_tsc"))"
    }
    let modules = KernelFile.list("/sys/module").filter { $0 == "kvm" || $0.hasPrefix("kvm_") }
    self[.kvmVendorModule] = modules.first { $0 != "kvm" }
    let parameters = modules.flatMap { module in
      KernelFile.list("/sys/module/\(module)/parameters").compactMap { name in
        KernelFile.read("/sys/module/\(module)/parameters/\(name)").map { "\(module).\(name)=\($0)" }
      }
    }
    if !parameters.isEmpty { self[.kvmParameters] = parameters.joined(separator: " ") }
    self[.clockSource] = KernelFile.read("/sys/devices/system/clocksource/clocksource0/current_clocksource")
    self[.governor] = KernelFile.read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    self[.smt] = KernelFile.read("/sys/devices/system/cpu/smt/control")
    let vulnerabilities = "/sys/devices/system/cpu/vulnerabilities"
    let mitigations = KernelFile.list(vulnerabilities).compactMap { name in
      KernelFile.read("\(vulnerabilities)/\(name)").flatMap { $0 == "Not affected" ? nil : "\(name): \($0)" }
    }
    self[.mitigations] = mitigations.isEmpty ? nil : mitigations.joined(separator: " | ")
    self[.load] = KernelFile.read("/proc/loadavg")?.split(separator: " ").first.map(String.init)
    self[.steal] = Self.stealShare(KernelFile.read("/proc/stat") ?? "")
  }

  /// The 12 characters by which the hypervisor below names itself, padding apart; nil where they are none.
  private static func hypervisorSignature() -> String? {
    var bytes = [UInt8](repeating: 0, count: 12)
    sortie_hypervisor_signature(&bytes)
    let name = bytes.prefix { $0 != 0 }
    guard !name.isEmpty, name.allSatisfy({ 0x20...0x7e ~= $0 }) else { return nil }
    return String(decoding: name, as: UTF8.self)
  }

  /// The fields of the first processor of `/proc/cpuinfo`.
  static func firstProcessor(_ text: String) -> [String: String] {
    var fields: [String: String] = [:]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty { break }
      guard let colon = line.firstIndex(of: ":") else { continue }
      let name = line[..<colon].reversed().drop { $0 == "\t" || $0 == " " }.reversed()
      fields[String(name)] = String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return fields
  }

  /// Steal time over all time of the `cpu` line of `/proc/stat`, in percent.
  static func stealShare(_ text: String) -> String? { ProcessorTicks(text)?.stealShare.map(percent) }

  /// A share of 0 to 1, in percent.
  static func percent(_ share: Double) -> String { tenths(share * 100) + " %" }

  /// A number of 0 to some thousands with one digit behind the point.
  static func tenths(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
