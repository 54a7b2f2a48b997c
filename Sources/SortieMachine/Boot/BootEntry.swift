internal import SortieKVM

/// How the boot processor enters a loaded kernel. Application processors wait for INIT and SIPI.
struct BootEntry: Equatable {
  /// The processor's mode.
  enum Mode: Equatable {
    /// 64-bit, with the first 4 GiB mapped one to one.
    case long64
    /// 32-bit protected, without paging.
    case protected32
  }

  let mode: Mode
  /// The first instruction's address.
  let rip: UInt64
  /// What the kernel is to find in these registers; all others are 0.
  var rax: UInt64 = 0, rbx: UInt64 = 0, rsi: UInt64 = 0

  /// `__BOOT_CS` and `__BOOT_DS` of Linux (boot.rst); Multiboot and PVH leave the choice to the loader.
  private static let codeSelector: UInt16 = 0x10
  private static let dataSelector: UInt16 = 0x18

  /// Writes the GDT, and page tables where the mode has paging, into ``BootArea``.
  ///
  /// - Throws: ``MachineError/outsideMemory(address:count:memory:)``.
  func writeTables(to memory: borrowing GuestMemory) throws(MachineError) {
    try FlatSegments.writeTable(descriptors, at: BootArea.descriptors, to: memory)
    if mode == .long64 { try IdentityMap.write(to: memory, at: BootArea.pageTables) }
  }

  private var descriptors: [UInt64] {
    let code = mode == .long64 ? FlatSegments.longCodeDescriptor : FlatSegments.codeDescriptor
    return [0, 0, code, FlatSegments.dataDescriptor]
  }

  /// Puts `vcpu` at the kernel's first instruction.
  ///
  /// - Throws: ``KVMError``.
  func enter(_ vcpu: borrowing VCPU) throws(KVMError) {
    var special = try vcpu.specialRegisters()
    apply(to: &special)
    try vcpu.setSpecialRegisters(special)
    try vcpu.setRegisters(registers)
  }

  /// General registers at entry; interrupts are off.
  var registers: Registers {
    var registers = Registers()
    (registers.rip, registers.rax, registers.rbx, registers.rsi) = (rip, rax, rbx, rsi)
    return registers
  }

  /// Segments, tables and control registers at entry, made of those after reset.
  func apply(to special: inout SpecialRegisters) {
    FlatSegments.load(
      into: &special, code: FlatSegments.code(Self.codeSelector, long: mode == .long64),
      data: FlatSegments.data(Self.dataSelector))
    // A busy TSS, as both modes and PVH ask for (xen/include/public/arch-x86/hvm/start_info.h: limit 0x67).
    special.tr = Segment()
    special.tr.limit = 0x67
    special.tr.type = 0b1011
    special.tr.present = true
    special.gdt = DescriptorTable(base: BootArea.descriptors, limit: UInt16(descriptors.count * 8 - 1))
    special.idt = DescriptorTable(base: 0, limit: 0)
    switch mode {
    case .long64:
      special.cr0 = LongMode.ControlRegisters.cr0
      special.cr3 = BootArea.pageTables
      special.cr4 = LongMode.ControlRegisters.cr4
      special.efer = LongMode.ControlRegisters.efer
    case .protected32:
      special.cr0 = 1 << 0 | 1 << 4  // PE, ET
      special.cr3 = 0
      special.cr4 = 0
      special.efer = 0
    }
  }
}
