/// Names of the local APIC's registers, from `asm/apicdef.h` and `asm/msr-index.h` (Linux 6.18).
enum APICRegister {
  /// The kernel's name (`APIC_TASKPRI`) of the register at `offset` bytes in the APIC's page; nil where there is none.
  ///
  /// An x2APIC register has the same offset: 16 times what its MSR is above 0x800.
  static func name(at offset: UInt64) -> String? {
    guard let offset = UInt32(exactly: offset) else { return nil }
    if let suffix = suffixes[offset] { return "APIC_\(suffix)" }
    guard offset & 0xf == 0 else { return nil }
    let group = groups.first { offset >= $0.first && offset < $0.first + 0x10 * $0.count }
    return group.map { "APIC_\($0.name)\((offset - $0.first) >> 4)" }
  }

  /// The name; the offset in hexadecimal where there is none.
  static func text(at offset: UInt64) -> String { name(at: offset) ?? "register \(hexadecimal(offset))" }

  /// The page at which the APIC is after a reset (`APIC_DEFAULT_PHYS_BASE`).
  static let page: UInt64 = 0xfee0_0000

  private static let suffixes: [UInt32: String] = [
    0x20: "ID", 0x30: "LVR", 0x80: "TASKPRI", 0x90: "ARBPRI", 0xa0: "PROCPRI", 0xb0: "EOI", 0xc0: "RRR",
    0xd0: "LDR", 0xe0: "DFR", 0xf0: "SPIV", 0x280: "ESR", 0x2f0: "LVTCMCI", 0x300: "ICR", 0x310: "ICR2",
    0x320: "LVTT", 0x330: "LVTTHMR", 0x340: "LVTPC", 0x350: "LVT0", 0x360: "LVT1", 0x370: "LVTERR",
    0x380: "TMICT", 0x390: "TMCCT", 0x3e0: "TDCR", 0x3f0: "SELF_IPI", 0x400: "EFEAT", 0x410: "ECTRL",
    0x420: "SEOI",
  ]

  /// Registers in a row, each for 32 vectors (AMD's `EILVT`: for one source).
  private static let groups: [(first: UInt32, count: UInt32, name: String)] = [
    (0x100, 8, "ISR"), (0x180, 8, "TMR"), (0x200, 8, "IRR"), (0x480, 8, "IER"), (0x500, 4, "EILVT"),
  ]
}
