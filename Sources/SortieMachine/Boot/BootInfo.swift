internal import GuestABI

/// What a guest is told at entry: the boot-info page of `guest_abi.h`, written into guest memory.
public struct BootInfo: Sendable {
  /// How often the guest is to perform its operation.
  public var iterations: UInt64
  /// Meaning by workload; missing ones are 0, its default.
  public var parameters: [UInt64]
  /// KVM interprets this guest's instructions.
  public var hostEmulatesGuestCode: Bool
  /// The host's processor.
  public var vendor: ProcessorVendor
  /// Guest TSC frequency, kHz; 0 if unknown.
  public var tscKHz: UInt64
  /// What makes the guest's operations dearer than they are.
  public var disturbance = GuestDisturbance()

  /// Boot information with these values.
  public init(
    iterations: UInt64, parameters: [UInt64] = [], hostEmulatesGuestCode: Bool, vendor: ProcessorVendor,
    tscKHz: UInt64
  ) {
    self.iterations = iterations
    self.parameters = parameters
    self.hostEmulatesGuestCode = hostEmulatesGuestCode
    self.vendor = vendor
    self.tscKHz = tscKHz
  }

  /// KVM's local APIC timer counts at 1 GHz (`APIC_BUS_CYCLE_NS`, arch/x86/kvm/lapic.h).
  static let apicTimerHz: UInt64 = 1_000_000_000

  /// Writes the page at `SORTIE_BOOT_INFO_GPA`, with the guest's I/O `plan` if it has one.
  ///
  /// - Throws: ``MachineError/configuration(_:value:allowed:)`` for too many parameters.
  func write(to memory: borrowing GuestMemory, layout: GuestLayout, plan: IOPlan?) throws(MachineError) {
    guard parameters.count <= Int(SORTIE_PARAMETERS) else {
      throw .configuration(
        "--parameter", value: "given \(parameters.count) times", allowed: "at most \(SORTIE_PARAMETERS)")
    }
    var page = sortie_boot_info()
    page.magic = SORTIE_BOOT_MAGIC
    page.version = SORTIE_BOOT_VERSION
    page.size = UInt32(MemoryLayout<sortie_boot_info>.size)
    page.vcpu_count = UInt32(layout.rings.count)
    if hostEmulatesGuestCode { page.host_flags |= SORTIE_HOST_EMULATES_GUEST_CODE.rawValue }
    switch vendor {
    case .intel: page.host_flags |= SORTIE_HOST_INTEL.rawValue
    case .amd: page.host_flags |= SORTIE_HOST_AMD.rawValue
    case .other: break
    }
    page.iterations = iterations
    withUnsafeMutableBytes(of: &page.parameters) { slots in
      for (index, value) in parameters.enumerated() {
        slots.storeBytes(of: value, toByteOffset: index * MemoryLayout<UInt64>.size, as: UInt64.self)
      }
    }
    page.injected_steps = disturbance.steps
    page.injected_port_every = disturbance.portWriteEvery
    page.injected_cpuid_every = disturbance.cpuidEvery
    page.memory_bytes = layout.memoryBytes
    page.tsc_khz = tscKHz
    page.apic_timer_hz = Self.apicTimerHz
    page.cold_gpa = layout.cold.lowerBound
    page.cold_bytes = UInt64(layout.cold.count)
    withUnsafeMutableBytes(of: &page.vcpus) { slots in
      let vcpus = slots.bindMemory(to: sortie_vcpu_boot.self)
      for index in layout.rings.indices {
        vcpus[index].ring_gpa = layout.rings[index].lowerBound
        vcpus[index].ring_capacity = layout.ringCapacity
        vcpus[index].stack_top_gpa = layout.stackTops[index]
        vcpus[index].apic_id = UInt32(index)
      }
    }
    if let plan {
      page.io = plan.abi
      page.io_gpa = layout.io.lowerBound
      page.io_bytes = UInt64(layout.io.count)
    }
    try memory.store(page, at: UInt64(SORTIE_BOOT_INFO_GPA))
  }
}

/// What makes a guest's operations dearer than they are, so that a regression gate can be proved on it; 0: nothing.
public struct GuestDisturbance: Sendable, Equatable {
  /// Turns of a counted loop in every operation.
  public var steps: UInt64 = 0
  /// A port write more in every so many operations.
  public var portWriteEvery: UInt64 = 0
  /// A CPUID more in every so many operations.
  public var cpuidEvery: UInt64 = 0

  /// No disturbance.
  public init() {}
}

/// Who made the processor, as far as guests need to know: which hypercall instruction it has.
public enum ProcessorVendor: Sendable {
  /// GenuineIntel: VMX, `vmcall`.
  case intel
  /// AuthenticAMD or HygonGenuine: SVM, `vmmcall`.
  case amd
  /// Anything else.
  case other
}
