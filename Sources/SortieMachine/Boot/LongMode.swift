internal import GuestABI
internal import SortieKVM

/// The boot protocol of bare-metal guests: 64-bit long mode with the first 4 GiB mapped one to one.
///
/// Sources: AMD64 Architecture Programmer's Manual, volume 2, sections 4.8 (segment descriptors), 5.3 (long-mode
/// paging) and 14.6 (enabling long mode); `guest_abi.h` for what guests may rely on.
enum LongMode {
  /// Selector of the 64-bit code segment.
  static let codeSelector: UInt16 = 0x08
  /// Selector of the data segment.
  static let dataSelector: UInt16 = 0x10

  private static let pageTableBytes: UInt64 = 4096
  /// Present, writable.
  private static let table: UInt64 = 0b11
  /// Present, writable, PS: a 2 MiB page in a page directory.
  private static let largePage: UInt64 = 0b1000_0011

  /// Writes the GDT and page tables where `guest_abi.h` says.
  ///
  /// - Throws: ``MachineError/outsideMemory(address:count:memory:)`` if RAM were too small for them.
  static func writeTables(to memory: borrowing GuestMemory) throws(MachineError) {
    let gdt: [UInt64] = [
      0,
      // Code: present, ring 0, long (L), executable and readable, accessed.
      0x00af_9b00_0000_ffff,
      // Data: present, ring 0, writable, accessed, 4 GiB.
      0x00cf_9300_0000_ffff,
    ]
    for (index, descriptor) in gdt.enumerated() {
      try memory.store(descriptor, at: UInt64(SORTIE_GDT_GPA) + UInt64(index) * 8)
    }

    let pml4 = UInt64(SORTIE_PAGE_TABLE_GPA)
    let pdpt = pml4 + pageTableBytes
    let directories = pdpt + pageTableBytes
    try memory.store(pdpt | table, at: pml4)
    for gigabyte in 0..<UInt64(4) {
      let directory = directories + gigabyte * pageTableBytes
      try memory.store(directory | table, at: pdpt + gigabyte * 8)
      for entry in 0..<UInt64(512) {
        try memory.store((gigabyte << 30 | entry << 21) | largePage, at: directory + entry * 8)
      }
    }
  }

  /// Sets the boot processor's registers for entry at `entry`.
  ///
  /// - Throws: ``KVMError``.
  static func enter(_ vcpu: borrowing VCPU, at entry: UInt64) throws(KVMError) {
    var code = Segment()
    code.limit = 0xffff_ffff
    code.selector = codeSelector
    code.type = 0b1011  // execute, read, accessed
    code.present = true
    code.isCodeOrData = true
    code.longMode = true
    code.granularity = true
    var data = code
    data.selector = dataSelector
    data.type = 0b0011  // read, write, accessed
    data.longMode = false
    data.db = true

    var special = try vcpu.specialRegisters()
    special.cs = code
    (special.ss, special.ds, special.es, special.fs, special.gs) = (data, data, data, data, data)
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

  private enum ControlRegisters {
    /// PE, MP, ET, NE, WP, PG.
    static let cr0: UInt64 = 1 << 0 | 1 << 1 | 1 << 4 | 1 << 5 | 1 << 16 | 1 << 31
    /// PAE, OSFXSR, OSXMMEXCPT.
    static let cr4: UInt64 = 1 << 5 | 1 << 9 | 1 << 10
    /// LME, LMA.
    static let efer: UInt64 = 1 << 8 | 1 << 10
  }
}
