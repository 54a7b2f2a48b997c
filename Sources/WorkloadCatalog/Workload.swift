/// One guest of the `Workloads` package: what it does and what that should cause.
public struct Workload: Sendable {
  /// One of the values on the boot-info page; 0 there means the default.
  public struct Parameter: Sendable, Hashable {
    /// Position in `sortie_boot_info.parameters`.
    public var index: Int
    /// What it sets, with its unit.
    public var meaning: String
    /// The value that stands for a missing one, and for 0 unless that is a value of its own.
    public var defaultValue: UInt64
    /// 0 is a value like any other.
    var acceptsZero = false
  }

  /// What an I/O plan is performed on.
  public enum Device: String, Sendable, Hashable, CaseIterable {
    /// A virtio block device on PCI.
    case virtioBlock = "virtio-blk"
    /// The disk of a PIIX3's IDE controller.
    case ide
    /// A virtio network card on PCI.
    case virtioNet = "virtio-net"
    /// An Intel 82540EM.
    case e1000
    /// A virtio console on PCI.
    case virtioConsole = "virtio-console"
    /// The 16550.
    case uart = "16550"
  }

  /// How a driver's kick of a virtio queue reaches its device.
  public enum Kick: String, Sendable, Hashable {
    /// Inside the kernel: a light exit.
    case ioeventfd
    /// By a return to user space: a heavy exit.
    case exit
  }

  /// What the machine must offer besides memory, a local APIC and the debug exit port.
  public enum Requirement: String, Sendable, Hashable, CaseIterable {
    /// The 4-port register at `SORTIE_PORT_LATCH`.
    case latchPorts
    /// The byte sink and source at `SORTIE_PORT_STRING`.
    case stringPorts
    /// The 16550 at `SORTIE_PORT_UART`.
    case uart
    /// The in-kernel PIT.
    case pit
    /// The coalesced PIO zone at `SORTIE_PORT_COALESCED`.
    case coalescedPIO
    /// The eventfd at `SORTIE_PORT_IOEVENTFD`.
    case ioeventfdPIO
    /// The two register pages at `SORTIE_MMIO_LATCH_GPA`.
    case latchPages
    /// The eventfd at `SORTIE_MMIO_IOEVENTFD_GPA`.
    case ioeventfdMMIO
    /// The register at `SORTIE_PORT_IRQ_LINE`.
    case irqLine
    /// The irqfd at `SORTIE_PORT_IRQFD`.
    case irqfd
    /// The filter of `SORTIE_MSR_FILTERED`.
    case msrFilter
    /// x2APIC in the guest's CPUID.
    case x2APIC
    /// The TSC-deadline timer in the guest's CPUID.
    case tscDeadline
    /// XSAVE in the guest's CPUID.
    case xsave
    /// 4 KiB of untouched memory an iteration at `cold_gpa`, not backed by huge pages.
    case coldMemory
    /// The port at `SORTIE_PORT_DIRTY_LOG`, over ``Workload/dirtyLogPages`` pages of cold memory.
    case dirtyLog
  }

  /// What the user types, and the name of the executable.
  public var name: String
  /// One line for the list.
  public var summary: String
  /// Instruction, mechanism and what to expect, for the help text.
  public var details: String
  /// Iterations of a run of at most about one second on a host that emulates guest code.
  public var defaultIterations: UInt64
  /// vCPUs it needs.
  public var vcpus: Int = 1
  /// What it takes from the boot-info page.
  public var parameters: [Parameter] = []
  /// What the machine must offer.
  public var requirements: Set<Requirement> = []
  /// Parameters with their defaults filled in, to what the run causes.
  let expect: @Sendable (HostKind, [UInt64]) -> Expectation
  /// Why the host cannot run it; nil where it can.
  var obstacle: @Sendable (HostKind) -> String? = { _ in nil }
  /// What it performs its I/O plan on; nil where it has none.
  public var device: Device?
  /// The parameter that says how many operations are under way at once; nil: one after the other.
  var depthParameter: Int?
  /// How often it kicks a virtio queue; nil where it has none.
  var kicks: (@Sendable ([UInt64]) -> ExpectedCount)?

  /// Whether it kicks a virtio queue.
  public var hasKicks: Bool { kicks != nil }

  /// The eight parameters of a run: those that are missing in `given`, or 0 where that is no value, are the defaults.
  public func values(_ given: [UInt64]) -> [UInt64] {
    var values = [UInt64](repeating: 0, count: 8)
    for parameter in parameters {
      let isGiven = given.indices.contains(parameter.index)
      let value = isGiven ? given[parameter.index] : 0
      let isMissing = value == 0 && !(isGiven && parameter.acceptsZero)
      values[parameter.index] = isMissing ? parameter.defaultValue : value
    }
    return values
  }

  /// How many operations are under way at once, with these eight parameters.
  public func depth(_ values: [UInt64]) -> UInt64 { depthParameter.map { values[$0] } ?? 1 }

  /// What a run on `host` with these parameters should cause.
  public func expectation(
    on host: HostKind, parameters given: [UInt64] = [], kick: Kick = .ioeventfd
  ) -> Expectation {
    let values = values(given)
    var expectation = expect(host, values)
    if let kicks { expectation.expectKicks(kicks(values), kick, on: host) }
    return expectation
  }

  /// Why the host cannot execute it, as a sentence's end; nil where it can.
  public func unsupportedReason(on host: HostKind) -> String? { obstacle(host) }

  /// Pages whose dirty log is taken at once. Fewer than an Intel processor logs by itself before it exits (512, Intel
  /// SDM vol. 3, page-modification logging).
  public static let dirtyLogPages: UInt64 = 256

  /// Pages of its own that a guest touches first, at most: 65 of the stamp ring (2^14 entries of 16 bytes behind a
  /// head), of image, stack and tables some fifteen.
  static let ownPages: Int64 = 96

  /// Bytes of untouched memory that a run needs.
  public func coldBytes(iterations: UInt64) -> UInt64 {
    if requirements.contains(.dirtyLog) { return Self.dirtyLogPages * 4096 }
    guard requirements.contains(.coldMemory) else { return 0 }
    let (bytes, overflow) = iterations.multipliedReportingOverflow(by: 4096)
    return overflow ? .max : bytes
  }
}

extension Workload {
  /// Every workload that performs one operation over and over, by name: the standard set. Those with an I/O plan are
  /// ``io``.
  public static let all: [Workload] =
    (portWorkloads + memoryWorkloads + processorWorkloads + systemWorkloads + interruptWorkloads
    + injectionWorkloads + apicWorkloads).sorted { $0.name < $1.name }

  /// The workload of this name, or of this name in ``VMExitNames``.
  public static func named(_ name: String) -> Workload? {
    let own = VMExitNames.workload(name) ?? name
    return (all + io).first { $0.name == own }
  }
}
