internal import SortieKVM

/// Segments that cover all of the address space, and their descriptors.
///
/// Source: AMD64 Architecture Programmer's Manual, volume 2, section 4.8 (segment descriptors).
enum FlatSegments {
  /// 64-bit code: present, ring 0, long (L), executable and readable, accessed.
  static let longCodeDescriptor: UInt64 = 0x00af_9b00_0000_ffff
  /// 32-bit code: present, ring 0, 32-bit (D), executable and readable, accessed, 4 GiB.
  static let codeDescriptor: UInt64 = 0x00cf_9b00_0000_ffff
  /// Data: present, ring 0, writable, accessed, 4 GiB.
  static let dataDescriptor: UInt64 = 0x00cf_9300_0000_ffff

  /// A code segment, of 64 or of 32 bits.
  static func code(_ selector: UInt16, long: Bool) -> Segment {
    var code = data(selector)
    code.type = 0b1011  // execute, read, accessed
    code.longMode = long
    code.db = !long
    return code
  }

  /// A data segment.
  static func data(_ selector: UInt16) -> Segment {
    var data = Segment()
    data.limit = 0xffff_ffff
    data.selector = selector
    data.type = 0b0011  // read, write, accessed
    data.present = true
    data.isCodeOrData = true
    data.db = true
    data.granularity = true
    return data
  }

  /// Writes `descriptors` at `address`, as a descriptor table.
  ///
  /// - Throws: ``MachineError/outsideMemory(address:count:memory:)``.
  static func writeTable(
    _ descriptors: [UInt64], at address: UInt64, to memory: borrowing GuestMemory
  ) throws(MachineError) {
    for (index, descriptor) in descriptors.enumerated() {
      try memory.store(descriptor, at: address + UInt64(index) * 8)
    }
  }

  /// Puts `code` into CS and `data` into all other segment registers.
  static func load(into special: inout SpecialRegisters, code: Segment, data: Segment) {
    special.cs = code
    (special.ss, special.ds, special.es, special.fs, special.gs) = (data, data, data, data, data)
  }
}
