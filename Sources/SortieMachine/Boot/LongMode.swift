internal import GuestABI
internal import SortieKVM

/// The boot protocol of bare-metal guests: 64-bit long mode with the first 4 GiB mapped one to one.
///
/// Sources: AMD64 Architecture Programmer's Manual, volume 2, section 14.6 (enabling long mode); `guest_abi.h`
/// for what guests may rely on.
enum LongMode {
  /// Selector of the 64-bit code segment.
  static let codeSelector: UInt16 = 0x08
  /// Selector of the data segment.
  static let dataSelector: UInt16 = 0x10

  /// Writes the GDT and page tables where `guest_abi.h` says.
  ///
  /// - Throws: ``MachineError/outsideMemory(address:count:memory:)`` if RAM were too small for them.
  static func writeTables(to memory: borrowing GuestMemory) throws(MachineError) {
    try FlatSegments.writeTable(
      [0, FlatSegments.longCodeDescriptor, FlatSegments.dataDescriptor], at: UInt64(SORTIE_GDT_GPA),
      to: memory)
    try IdentityMap.write(to: memory, at: UInt64(SORTIE_PAGE_TABLE_GPA))
  }

  /// Sets the boot processor's registers for entry at `entry`.
  ///
  /// - Throws: ``KVMError``.
  static func enter(_ vcpu: borrowing VCPU, at entry: UInt64) throws(KVMError) {
    var special = try vcpu.specialRegisters()
    FlatSegments.load(
      into: &special, code: FlatSegments.code(codeSelector, long: true), data: FlatSegments.data(dataSelector)
    )
    special.gdt = DescriptorTable(base: UInt64(SORTIE_GDT_GPA), limit: 3 * 8 - 1)
    special.idt = DescriptorTable(base: 0, limit: 0)
    special.cr0 = ControlRegisters.cr0
    special.cr3 = UInt64(SORTIE_PAGE_TABLE_GPA)
    special.cr4 = ControlRegisters.cr4
    special.efer = ControlRegisters.efer
    try vcpu.setSpecialRegisters(special)

    var registers = Registers()
    registers.rip = entry
    registers.rsp = UInt64(SORTIE_BOOT_STACK_TOP_GPA)
    registers.rdi = UInt64(SORTIE_BOOT_INFO_GPA)
    registers.rsi = 0
    registers.rflags = 0b10  // bit 1 is always set; IF is clear
    try vcpu.setRegisters(registers)
  }

  /// What 64-bit code needs of the control registers.
  enum ControlRegisters {
    /// PE, MP, ET, NE, WP, PG.
    static let cr0: UInt64 = 1 << 0 | 1 << 1 | 1 << 4 | 1 << 5 | 1 << 16 | 1 << 31
    /// PAE, OSFXSR, OSXMMEXCPT.
    static let cr4: UInt64 = 1 << 5 | 1 << 9 | 1 << 10
    /// LME, LMA.
    static let efer: UInt64 = 1 << 8 | 1 << 10
  }
}
