/// The setup header of a Linux bzImage, checked for the 64-bit boot protocol.
///
/// Sources: Linux, Documentation/arch/x86/boot.rst (offsets are of the file) and zero-page.rst.
struct BZImage: Equatable {
  /// Setup header as in the file, from ``headerOffset`` on: the kernel expects it in the zero page.
  let header: [UInt8]
  /// Protected-mode code: offset in the file and bytes.
  let code: Range<UInt64>
  /// Where it may be loaded and what memory it needs from there on.
  let preferredAddress: UInt64
  let isRelocatable: Bool
  let alignment: UInt64
  let initBytes: UInt64
  /// Highest address of a byte of the initial RAM disk.
  let initrdAddressMax: UInt64
  /// Most bytes of the command line, without its NUL.
  let commandLineBytes: UInt64

  static let headerOffset = 0x1f1
  /// The zero page's room for the header ends here.
  private static let headerLimit = 0x290
  /// End of `init_size`, the last field that is read.
  private static let headerLeast = 0x264

  /// Whether a file that begins with `head` has a setup header.
  static func isOne(_ head: [UInt8]) -> Bool {
    head.count >= 0x208 && head.field(UInt16.self, at: 0x1fe) == 0xaa55
      && head.field(UInt32.self, at: 0x202) == 0x5372_6448  // "HdrS"
  }

  /// Checks the header in `head`, the first bytes of a file of `fileBytes`, for which ``isOne(_:)`` holds.
  ///
  /// - Throws: ``BootProblem``.
  init(head: [UInt8], fileBytes: UInt64) throws(BootProblem) {
    func field<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ offset: Int) -> UInt64 {
      UInt64(head.field(type, at: offset))
    }
    let version = head.field(UInt16.self, at: 0x206)
    // xloadflags came with 2.12.
    guard version >= 0x20c else { throw .thirtyTwoBit(version: version) }
    let end = 0x202 + Int(head[0x201])
    guard end >= Self.headerLeast else {
      throw .field(
        "the setup header's length", value: UInt64(head[0x201]), offset: 0x201,
        allowed: "at least \(Self.headerLeast - 0x202) in boot protocol 2.12")
    }
    let kept = min(end, Self.headerLimit)
    guard head.count >= kept else {
      throw .cutOff("the setup header", needed: UInt64(kept), file: fileBytes)
    }
    let xloadflags = head.field(UInt16.self, at: 0x236)
    guard xloadflags & 1 != 0 else { throw .thirtyTwoBit(version: version) }
    header = Array(head[Self.headerOffset..<kept])

    // 0 is 4, for kernels before 2.00.
    let setupSectors = head[0x1f1] == 0 ? 4 : UInt64(head[0x1f1])
    let start = (setupSectors + 1) * 512
    // syssize counts 16 bytes.
    let codeBytes = field(UInt32.self, 0x1f4) * 16
    guard codeBytes > 0x200 else {
      throw .field(
        "syssize", value: codeBytes / 16, offset: 0x1f4, allowed: "more than the 64-bit entry point's 0x20")
    }
    code = start..<(start + codeBytes)
    guard code.upperBound <= fileBytes else {
      throw .cutOff("the kernel", needed: code.upperBound, file: fileBytes)
    }

    isRelocatable = head[0x234] != 0
    alignment = field(UInt32.self, 0x230)
    guard !isRelocatable || alignment.nonzeroBitCount == 1 else {
      throw .field("kernel_alignment", value: alignment, offset: 0x230, allowed: "a power of two")
    }
    preferredAddress = field(UInt64.self, 0x258)
    guard isRelocatable || preferredAddress >= PCLayout.kernelStart else {
      throw .field(
        "pref_address", value: preferredAddress, offset: 0x258,
        allowed: "1 MiB or above in a kernel that is not relocatable")
    }
    initBytes = field(UInt32.self, 0x260)
    initrdAddressMax = field(UInt32.self, 0x22c)
    commandLineBytes = field(UInt32.self, 0x238)
  }

  /// What is loaded where in `allowed`. It is where the kernel prefers to be: 64-bit kernels never run below
  /// (arch/x86/boot/compressed/head_64.S), so that loading them lower would save nothing.
  ///
  /// - Throws: ``BootProblem/outsideMemory(_:address:bytes:allowed:)``.
  func place(in allowed: Range<UInt64>) throws(BootProblem) -> KernelPiece {
    let address = preferredAddress >= allowed.lowerBound ? preferredAddress : allowed.lowerBound
    let mask = isRelocatable ? alignment - 1 : 0
    let (rounded, overflow) = address.addingReportingOverflow(mask)
    let aligned = rounded & ~mask
    let bytes = max(code.upperBound - code.lowerBound, initBytes)
    guard !overflow, aligned <= allowed.upperBound, bytes <= allowed.upperBound - aligned else {
      throw .outsideMemory(
        "the kernel", address: overflow ? address : aligned, bytes: bytes, allowed: allowed)
    }
    return KernelPiece(
      offset: code.lowerBound, bytes: code.upperBound - code.lowerBound, address: aligned, memoryBytes: bytes)
  }

  /// Fills the zero page at ``BootArea/information`` and says how to enter the kernel, which lies at `address`.
  ///
  /// - Throws: ``MachineError/outsideMemory(address:count:memory:)``.
  func writeStart(
    _ start: KernelStart, at address: UInt64, to memory: borrowing GuestMemory
  ) throws(MachineError) -> BootEntry {
    let page = BootArea.information
    try memory.bytes(at: page + UInt64(Self.headerOffset), count: UInt64(header.count)).copyBytes(
      from: header)
    try memory.store(ACPITables.rootPointer, at: page + 0x70)
    // type_of_loader: none of the assigned ones.
    try memory.store(UInt8(0xff), at: page + 0x210)
    let ramdisk = start.initrd ?? 0..<0
    try Self.store(ramdisk.lowerBound, low: 0x218, high: 0xc0, to: memory)
    try Self.store(UInt64(ramdisk.count), low: 0x21c, high: 0xc4, to: memory)
    try Self.store(BootArea.commandLine.lowerBound, low: 0x228, high: 0xc8, to: memory)
    try memory.store(UInt8(start.memory.entries.count), at: page + 0x1e8)
    for (index, entry) in start.memory.entries.enumerated() {
      let row = page + 0x2d0 + UInt64(index) * 20
      try memory.store(entry.range.lowerBound, at: row)
      try memory.store(UInt64(entry.range.count), at: row + 8)
      try memory.store(entry.kind.rawValue, at: row + 16)
    }
    return BootEntry(mode: .long64, rip: address + 0x200, rsi: page)
  }

  /// Stores a value whose upper half is one of the zero page's `ext_` fields.
  private static func store(
    _ value: UInt64, low: UInt64, high: UInt64, to memory: borrowing GuestMemory
  ) throws(MachineError) {
    try memory.store(UInt32(truncatingIfNeeded: value), at: BootArea.information + low)
    try memory.store(UInt32(truncatingIfNeeded: value >> 32), at: BootArea.information + high)
  }
}
