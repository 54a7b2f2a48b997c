internal import CLinuxKVM

/// One CPUID leaf as a guest sees it (`kvm_cpuid_entry2`).
public struct CPUIDEntry: Equatable, Sendable {
  /// Leaf: EAX on entry.
  public var function: UInt32
  /// Subleaf: ECX on entry, where `flags` says that it counts.
  public var index: UInt32
  /// KVM_CPUID_FLAG_*; bit 0: `index` counts.
  public var flags: UInt32
  /// The register's value.
  public var eax: UInt32, ebx: UInt32, ecx: UInt32, edx: UInt32

  /// A leaf with its four register values.
  public init(
    function: UInt32, index: UInt32 = 0, flags: UInt32 = 0, eax: UInt32 = 0, ebx: UInt32 = 0, ecx: UInt32 = 0,
    edx: UInt32 = 0
  ) {
    self.function = function
    self.index = index
    self.flags = flags
    self.eax = eax
    self.ebx = ebx
    self.ecx = ecx
    self.edx = edx
  }
}

/// The CPUID leaves of a host or of a vCPU.
public struct CPUIDTable: Equatable, Sendable {
  /// The leaves, in the kernel's order.
  public var entries: [CPUIDEntry]

  /// A table of these leaves.
  public init(entries: [CPUIDEntry] = []) {
    self.entries = entries
  }

  /// The leaf `function`, subleaf `index`.
  public subscript(function: UInt32, index: UInt32 = 0) -> CPUIDEntry? {
    entries.first { $0.function == function && ($0.flags & 1 == 0 || $0.index == index) }
  }

  /// This table with the local APIC id of one vCPU in the leaves that carry it: 1 (initial APIC id), 0xb and
  /// 0x1f (x2APIC id), 0x8000001e (AMD extended APIC id).
  public func forVCPU(apicID: UInt32) -> CPUIDTable {
    var table = self
    for position in table.entries.indices {
      switch table.entries[position].function {
      case 1:
        table.entries[position].ebx = (table.entries[position].ebx & 0x00ff_ffff) | ((apicID & 0xff) << 24)
      case 0xb, 0x1f: table.entries[position].edx = apicID
      case 0x8000_001e:
        table.entries[position].eax = apicID
        table.entries[position].ebx = table.entries[position].ebx & 0xffff_ff00 | apicID & 0xff
      default: break
      }
    }
    return table
  }

  static func read(
    capacity: Int, fill: (UnsafeMutableRawPointer) throws(KVMError) -> Int32
  ) throws(KVMError) -> CPUIDTable {
    let buffer = allocate(capacity: capacity)
    defer { buffer.deallocate() }
    _ = try fill(buffer)
    let count = min(capacity, Int(buffer.load(as: UInt32.self)))
    let entries = (0..<count).map { position in
      let entry = buffer.load(
        fromByteOffset: Int(SORTIE_CPUID_HEADER_SIZE) + position * Int(SORTIE_CPUID_ENTRY_SIZE),
        as: kvm_cpuid_entry2.self)
      return CPUIDEntry(
        function: entry.function, index: entry.index, flags: entry.flags, eax: entry.eax, ebx: entry.ebx,
        ecx: entry.ecx, edx: entry.edx)
    }
    return CPUIDTable(entries: entries)
  }

  func withKernelLayout<Result>(
    _ body: (UnsafeMutableRawPointer) throws(KVMError) -> Result
  ) throws(KVMError) -> Result {
    let buffer = CPUIDTable.allocate(capacity: entries.count)
    defer { buffer.deallocate() }
    for (position, entry) in entries.enumerated() {
      var raw = kvm_cpuid_entry2()
      raw.function = entry.function
      raw.index = entry.index
      raw.flags = entry.flags
      raw.eax = entry.eax
      raw.ebx = entry.ebx
      raw.ecx = entry.ecx
      raw.edx = entry.edx
      buffer.storeBytes(
        of: raw, toByteOffset: Int(SORTIE_CPUID_HEADER_SIZE) + position * Int(SORTIE_CPUID_ENTRY_SIZE),
        as: kvm_cpuid_entry2.self)
    }
    return try body(buffer)
  }

  private static func allocate(capacity: Int) -> UnsafeMutableRawPointer {
    let size = Int(SORTIE_CPUID_HEADER_SIZE) + capacity * Int(SORTIE_CPUID_ENTRY_SIZE)
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
    buffer.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    buffer.storeBytes(of: UInt32(capacity), as: UInt32.self)
    return buffer
  }
}
