internal import CLinuxKVM
internal import Synchronization

/// A virtual machine: the owner of its descriptor. Every call may come from any thread of the process that made
/// it; KVM locks inside.
public struct VirtualMachine: ~Copyable, Sendable {
  private let descriptor: OwnedDescriptor
  private let vcpuRunSize: Int
  /// Bytes of each memory slot. KVM fills a dirty bitmap of the slot's size, whatever the buffer's.
  let slotSizes = Mutex<[UInt32: UInt64]>([:])

  init(descriptor: consuming OwnedDescriptor, vcpuRunSize: Int) {
    self.descriptor = descriptor
    self.vcpuRunSize = vcpuRunSize
  }

  /// The VM's descriptor; still owned here.
  public var fileDescriptor: Int32 { descriptor.rawValue }

  /// The VM's answer of KVM_CHECK_EXTENSION, which may differ from the system's: 0 when absent.
  public func capability(_ capability: KVMCapability) -> Int32 {
    max(0, sortie_ioctl_value(descriptor.rawValue, SORTIE_KVM_CHECK_EXTENSION, UInt(capability.rawValue)))
  }

  /// Turns a capability on for the VM, with up to four arguments (KVM_ENABLE_CAP).
  public func enableCapability(_ capability: KVMCapability, _ arguments: UInt64...) throws(KVMError) {
    try enable(capability, arguments)
  }

  private func enable(_ capability: KVMCapability, _ arguments: [UInt64]) throws(KVMError) {
    guard arguments.count <= 4 else {
      throw KVMError(
        operation: "KVM_ENABLE_CAP \(capability.name)", errno: 0,
        hint: "\(arguments.count) arguments were given, the call takes four")
    }
    var raw = kvm_enable_cap()
    raw.cap = capability.rawValue
    let padded = arguments + [0, 0, 0, 0]
    raw.args = (padded[0], padded[1], padded[2], padded[3])
    try control(
      descriptor.rawValue, SORTIE_KVM_ENABLE_CAP, "KVM_ENABLE_CAP \(capability.name)", &raw,
      hint: "this host has it at \(self.capability(capability)), 0 is absent")
  }

  /// Turns off KVM's quirks, deviations from the architecture kept for old guests (KVM_X86_QUIRK_*); those that
  /// the host cannot turn off are left alone.
  ///
  /// - Returns: the quirks turned off.
  @discardableResult
  public func disableQuirks(_ quirks: UInt64) throws(KVMError) -> UInt64 {
    let possible = UInt64(capability(.disableQuirks2))
    let chosen = quirks & possible
    if chosen != 0 {
      try enable(.disableQuirks2, [chosen])
    }
    return chosen
  }

  /// Makes a vCPU. On x86 its id is also its local APIC id.
  ///
  /// - Throws: `KVMError` when the host's limit is reached or KVM refuses.
  public func makeVCPU(id: UInt32) throws(KVMError) -> VCPU {
    let limit = max(capability(.maxVCPUID), capability(.maxVCPUs), capability(.recommendedVCPUs), 4)
    guard id < UInt32(limit) else {
      throw KVMError(
        operation: "KVM_CREATE_VCPU id \(id)", errno: 0, hint: "this host's vCPU ids end at \(limit - 1)")
    }
    let opened = try control(
      descriptor.rawValue, SORTIE_KVM_CREATE_VCPU, "KVM_CREATE_VCPU id \(id)", value: UInt(id),
      hint: "each id once, at most \(capability(.maxVCPUs)) vCPUs, the irqchip before the first of them")
    return try VCPU(
      id: id, descriptor: OwnedDescriptor(opened), runSize: vcpuRunSize,
      coalescedPage: Int(capability(.coalescedMMIO)),
      syncSets: SyncRegisterSets(rawValue: UInt64(capability(.syncRegisters))))
  }

  /// The statistics of the VM as a whole (KVM_GET_STATS_FD).
  public func statistics() throws(KVMError) -> StatisticsFile {
    try StatisticsFile(of: descriptor.rawValue, subject: "VM")
  }

  /// KVM's paravirtual clock: guest nanoseconds, and where the kernel gives them the realtime in nanoseconds and
  /// the host's TSC of the same instant (KVM_GET_CLOCK).
  public func clock() throws(KVMError) -> VMClock {
    var raw = kvm_clock_data()
    try control(descriptor.rawValue, SORTIE_KVM_GET_CLOCK, "KVM_GET_CLOCK", &raw)
    return VMClock(
      nanoseconds: raw.clock, isStable: raw.flags & UInt32(KVM_CLOCK_TSC_STABLE) != 0,
      realtime: raw.flags & UInt32(KVM_CLOCK_REALTIME) != 0 ? raw.realtime : nil,
      hostTSC: raw.flags & UInt32(KVM_CLOCK_HOST_TSC) != 0 ? raw.host_tsc : nil)
  }

  /// Sets KVM's paravirtual clock, in nanoseconds (KVM_SET_CLOCK).
  public func setClock(nanoseconds: UInt64) throws(KVMError) {
    var raw = kvm_clock_data()
    raw.clock = nanoseconds
    try control(descriptor.rawValue, SORTIE_KVM_SET_CLOCK, "KVM_SET_CLOCK \(nanoseconds)", &raw)
  }
}

/// A reading of KVM's paravirtual clock.
public struct VMClock: Equatable, Sendable {
  /// Guest nanoseconds.
  public let nanoseconds: UInt64
  /// All vCPUs derive the clock from one TSC.
  public let isStable: Bool
  /// CLOCK_REALTIME in nanoseconds at that instant.
  public let realtime: UInt64?
  /// Host TSC in cycles at that instant.
  public let hostTSC: UInt64?
}
