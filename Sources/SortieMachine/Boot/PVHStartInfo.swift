/// The start information of PVH kernels, version 1.
///
/// Source: Xen, include/public/arch-x86/hvm/start_info.h.
enum PVHStartInfo {
  private static let magic: UInt32 = 0x336e_c578
  private static let address = BootArea.information
  private static let modules = address + 0x80
  private static let memoryMap = address + 0x100

  /// Writes it to ``BootArea/information`` and says how to enter the kernel at `entry`.
  ///
  /// - Throws: ``MachineError/outsideMemory(address:count:memory:)``.
  static func write(
    _ start: KernelStart, entry: UInt64, to memory: borrowing GuestMemory
  ) throws(MachineError) -> BootEntry {
    try memory.store(magic, at: address)
    try memory.store(UInt32(1), at: address + 4)  // version
    try memory.store(BootArea.commandLine.lowerBound, at: address + 24)
    try memory.store(ACPITables.rootPointer, at: address + 32)
    if let initrd = start.initrd {
      try memory.store(UInt32(1), at: address + 12)  // nr_modules
      try memory.store(modules, at: address + 16)
      try memory.store(initrd.lowerBound, at: modules)
      try memory.store(UInt64(initrd.count), at: modules + 8)
    }
    let entries = start.memory.entries
    try memory.store(memoryMap, at: address + 40)
    try memory.store(UInt32(entries.count), at: address + 48)
    for (index, entry) in entries.enumerated() {
      let row = memoryMap + UInt64(index) * 24
      try memory.store(entry.range.lowerBound, at: row)
      try memory.store(UInt64(entry.range.count), at: row + 8)
      try memory.store(entry.kind.rawValue, at: row + 16)
    }
    return BootEntry(mode: .protected32, rip: entry, rbx: address)
  }
}
