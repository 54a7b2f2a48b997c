internal import CLinuxKVM
internal import GuestABI
internal import SortieKVM
internal import SortieTrace

extension Machine {
  /// Three pages below 4 GiB that Intel processors without unrestricted guests need (api.rst, KVM_SET_TSS_ADDR).
  private static let taskStateAddress: UInt32 = 0xfffb_d000
  /// One page for the same (api.rst, KVM_SET_IDENTITY_MAP_ADDR).
  private static let identityMapAddress: UInt64 = 0xfffb_c000

  static func load(
    _ image: ELFImage, layout: GuestLayout, boot: BootInfo, plan: IOPlan?
  ) throws(MachineError) -> GuestMemory {
    let memory = try GuestMemory(lowBytes: layout.memoryBytes)
    try memory.prefault(0..<layout.cold.lowerBound)
    try memory.prefault(layout.cold.upperBound..<layout.memoryBytes)
    for segment in image.segments {
      try memory.bytes(at: segment.address, count: UInt64(segment.data.count)).copyBytes(from: segment.data)
    }
    try LongMode.writeTables(to: memory)
    try boot.write(to: memory, layout: layout, plan: plan)
    return memory
  }

  /// The slot of the memory whose dirty pages are logged.
  static let loggedSlot: UInt32 = 1

  /// A VM with interrupt controllers, timer and memory. The pages of `logged`, the end of memory, are a slot of their
  /// own with a dirty log.
  static func makeVM(
    _ system: borrowing KVMSystem, _ memory: borrowing GuestMemory, _ irqchip: IRQChip,
    logging logged: Range<UInt64>?
  ) throws(MachineError) -> VirtualMachine {
    do throws(KVMError) {
      let vm = try system.makeVM()
      try setReservedPages(vm)
      try make(irqchip, vm)
      let unlogged = logged?.lowerBound ?? memory.byteCount
      try vm.setMemory(slot: 0, guestPhysical: 0, host: memory.base, size: unlogged)
      if let logged {
        try vm.setMemory(
          slot: loggedSlot, guestPhysical: logged.lowerBound, host: memory.base + Int(logged.lowerBound),
          size: UInt64(logged.count), flags: .logDirtyPages)
      }
      return vm
    } catch {
      throw .kvm(error)
    }
  }

  /// The interrupt controllers that are KVM's, and its timer with them.
  static func make(_ irqchip: IRQChip, _ vm: borrowing VirtualMachine) throws(KVMError) {
    switch irqchip {
    case .kernel:
      try vm.createIRQChip()
      try vm.createPIT()
    case .split: try vm.enableSplitIRQChip(pins: InterruptRouter.ioapicPins)
    }
  }

  /// Tells KVM which pages of guest memory it may use for itself.
  static func setReservedPages(_ vm: borrowing VirtualMachine) throws(KVMError) {
    try vm.setTSSAddress(taskStateAddress)
    try vm.setIdentityMapAddress(identityMapAddress)
  }

  static func enable(
    _ features: Features, _ system: borrowing KVMSystem, _ vm: borrowing VirtualMachine
  ) throws(MachineError) {
    do throws(KVMError) {
      if features.contains(.coalesced) {
        try vm.registerCoalesced(address: UInt64(SORTIE_PORT_COALESCED), size: 4, pio: true)
        try vm.registerCoalesced(address: UInt64(SORTIE_MMIO_COALESCED_GPA), size: 4096, pio: false)
      }
      if features.contains(.msrFilter) {
        try vm.enableUserSpaceMSR([.filter])
        try vm.setMSRFilter(defaultAllow: true, [.deny(SORTIE_MSR_FILTERED)])
      }
    } catch {
      throw .kvm(error)
    }
  }

  /// What the host's KVM offers its guests, with the TSC deadline timer, which KVM has but leaves to the VMM to
  /// announce (api.rst, KVM_CAP_TSC_DEADLINE_TIMER).
  static func cpuid(_ system: borrowing KVMSystem) throws(MachineError) -> CPUIDTable {
    do {
      var table = try system.supportedCPUID()
      if system.capability(.tscDeadlineTimer) > 0 {
        for index in table.entries.indices where table.entries[index].function == 1 {
          table.entries[index].ecx |= 1 << 24
        }
      }
      return table
    } catch {
      throw .kvm(error)
    }
  }

  static func makeRing(capacity: Int) throws(MachineError) -> RecordRing<RoundTripRecord> {
    do { return try RecordRing(capacity: capacity) } catch { throw .trace(error) }
  }

  static func makeVCPU(
    _ vm: borrowing VirtualMachine, index: Int, cpuid: CPUIDTable
  ) throws(MachineError) -> VCPU {
    do throws(KVMError) {
      let vcpu = try vm.makeVCPU(id: UInt32(index))
      try vcpu.setCPUID(cpuid.forVCPU(apicID: UInt32(index)))
      try vcpu.enableSyncRegisters(.general)
      return vcpu
    } catch {
      throw .kvm(error)
    }
  }
}
