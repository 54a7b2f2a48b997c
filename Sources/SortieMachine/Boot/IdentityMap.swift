/// Page tables of four levels that map the first 4 GiB one to one, in pages of 2 MiB.
///
/// Source: AMD64 Architecture Programmer's Manual, volume 2, section 5.3 (long-mode paging).
enum IdentityMap {
  private static let tableBytes: UInt64 = 4096
  /// Present, writable.
  private static let table: UInt64 = 0b11
  /// Present, writable, PS: a 2 MiB page in a page directory.
  private static let largePage: UInt64 = 0b1000_0011

  /// Writes six pages at `address`, the root first.
  ///
  /// - Throws: ``MachineError/outsideMemory(address:count:memory:)``.
  static func write(to memory: borrowing GuestMemory, at address: UInt64) throws(MachineError) {
    let pointers = address + tableBytes
    let directories = pointers + tableBytes
    try memory.store(pointers | table, at: address)
    for gigabyte in 0..<UInt64(4) {
      let directory = directories + gigabyte * tableBytes
      try memory.store(directory | table, at: pointers + gigabyte * 8)
      for entry in 0..<UInt64(512) {
        try memory.store((gigabyte << 30 | entry << 21) | largePage, at: directory + entry * 8)
      }
    }
  }
}
