/// What a Multiboot kernel is told.
///
/// Source: Multiboot Specification 0.6.96, sections 3.2 (machine state) and 3.3 (boot information format).
enum MultibootInformation {
  /// What EAX holds at entry.
  private static let magic: UInt64 = 0x2bad_b002
  private static let address = BootArea.information
  private static let modules = address + 0x80
  private static let memoryMap = address + 0x100

  /// Valid fields.
  private enum Flags {
    static let memory: UInt32 = 1 << 0
    static let commandLine: UInt32 = 1 << 2
    static let modules: UInt32 = 1 << 3
    static let memoryMap: UInt32 = 1 << 6
  }

  /// Writes it to ``BootArea/information`` and says how to enter the kernel at `entry`.
  ///
  /// - Throws: ``MachineError/outsideMemory(address:count:memory:)``.
  static func write(
    _ start: KernelStart, entry: UInt64, to memory: borrowing GuestMemory
  ) throws(MachineError) -> BootEntry {
    let map = start.memory
    try memory.store(Flags.memory | Flags.commandLine | Flags.modules | Flags.memoryMap, at: address)
    // mem_lower and mem_upper, KiB.
    try memory.store(UInt32(PCLayout.conventionalMemoryEnd >> 10), at: address + 4)
    try memory.store(UInt32((map.lowEnd - PCLayout.kernelStart) >> 10), at: address + 8)
    try memory.store(UInt32(BootArea.commandLine.lowerBound), at: address + 16)
    if let initrd = start.initrd {
      try memory.store(UInt32(1), at: address + 20)  // mods_count
      try memory.store(UInt32(modules), at: address + 24)
      try memory.store(UInt32(initrd.lowerBound), at: modules)
      try memory.store(UInt32(initrd.upperBound), at: modules + 4)
    }
    // An entry's size does not count the field that holds it.
    let entryBytes: UInt32 = 20
    try memory.store(UInt32(map.entries.count) * (entryBytes + 4), at: address + 44)
    try memory.store(UInt32(memoryMap), at: address + 48)
    for (index, entry) in map.entries.enumerated() {
      let row = memoryMap + UInt64(index) * UInt64(entryBytes + 4)
      try memory.store(entryBytes, at: row)
      try memory.store(entry.range.lowerBound, at: row + 4)
      try memory.store(UInt64(entry.range.count), at: row + 12)
      try memory.store(entry.kind.rawValue, at: row + 20)
    }
    return BootEntry(mode: .protected32, rip: entry, rax: magic, rbx: address)
  }
}
