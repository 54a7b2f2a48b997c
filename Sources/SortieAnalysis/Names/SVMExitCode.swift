/// Names of SVM exit codes, from `asm/svm.h` (Linux 6.18).
enum SVMExitCode {
  /// The name in the header; nil for a code that it does not have.
  static func name(of code: UInt32) -> String? {
    if let suffix = exits[code] { return "SVM_EXIT_\(suffix)" }
    if let suffix = vmgExits[code] { return "SVM_VMGEXIT_\(suffix)" }
    return exceptions.contains(code) ? "SVM_EXIT_EXCP_BASE+\(code - exceptions.lowerBound)" : nil
  }

  /// `SVM_EXIT_EXCP_BASE` to `SVM_EXIT_LAST_EXCP`: an exception of the vector above the base.
  static let exceptions: ClosedRange<UInt32> = 0x40...0x5f
  /// `SVM_EXIT_INTR`: a host interrupt.
  static let interrupt: UInt32 = 0x60
  /// `SVM_EXIT_CPUID`.
  static let cpuid: UInt32 = 0x72
  /// `SVM_EXIT_IOIO`.
  static let io: UInt32 = 0x7b
  /// `SVM_EXIT_MSR`.
  static let msr: UInt32 = 0x7c
  /// `SVM_EXIT_VMMCALL`.
  static let hypercall: UInt32 = 0x81
  /// `SVM_EXIT_NPF`: a nested page fault.
  static let nestedPageFault: UInt32 = 0x400
  /// `SVM_EXIT_AVIC_INCOMPLETE_IPI`.
  static let incompleteIPI: UInt32 = 0x401
  /// `SVM_EXIT_AVIC_UNACCELERATED_ACCESS`.
  static let unacceleratedAPIC: UInt32 = 0x402

  /// All codes with a name.
  static var numbers: [UInt32] { (Array(exits.keys) + Array(vmgExits.keys) + Array(exceptions)).sorted() }

  /// Behind `SVM_EXIT_`.
  private static let exits: [UInt32: String] = [
    0x0: "READ_CR0", 0x2: "READ_CR2", 0x3: "READ_CR3", 0x4: "READ_CR4", 0x8: "READ_CR8", 0x10: "WRITE_CR0",
    0x12: "WRITE_CR2", 0x13: "WRITE_CR3", 0x14: "WRITE_CR4", 0x18: "WRITE_CR8", 0x20: "READ_DR0",
    0x21: "READ_DR1", 0x22: "READ_DR2", 0x23: "READ_DR3", 0x24: "READ_DR4", 0x25: "READ_DR5",
    0x26: "READ_DR6", 0x27: "READ_DR7", 0x30: "WRITE_DR0", 0x31: "WRITE_DR1", 0x32: "WRITE_DR2",
    0x33: "WRITE_DR3", 0x34: "WRITE_DR4", 0x35: "WRITE_DR5", 0x36: "WRITE_DR6", 0x37: "WRITE_DR7",
    0x60: "INTR", 0x61: "NMI", 0x62: "SMI", 0x63: "INIT", 0x64: "VINTR", 0x65: "CR0_SEL_WRITE",
    0x66: "IDTR_READ", 0x67: "GDTR_READ", 0x68: "LDTR_READ", 0x69: "TR_READ", 0x6a: "IDTR_WRITE",
    0x6b: "GDTR_WRITE", 0x6c: "LDTR_WRITE", 0x6d: "TR_WRITE", 0x6e: "RDTSC", 0x6f: "RDPMC", 0x70: "PUSHF",
    0x71: "POPF", 0x72: "CPUID", 0x73: "RSM", 0x74: "IRET", 0x75: "SWINT", 0x76: "INVD", 0x77: "PAUSE",
    0x78: "HLT", 0x79: "INVLPG", 0x7a: "INVLPGA", 0x7b: "IOIO", 0x7c: "MSR", 0x7d: "TASK_SWITCH",
    0x7e: "FERR_FREEZE", 0x7f: "SHUTDOWN", 0x80: "VMRUN", 0x81: "VMMCALL", 0x82: "VMLOAD", 0x83: "VMSAVE",
    0x84: "STGI", 0x85: "CLGI", 0x86: "SKINIT", 0x87: "RDTSCP", 0x88: "ICEBP", 0x89: "WBINVD",
    0x8a: "MONITOR", 0x8b: "MWAIT", 0x8c: "MWAIT_COND", 0x8d: "XSETBV", 0x8e: "RDPRU",
    0x8f: "EFER_WRITE_TRAP", 0x90: "CR0_WRITE_TRAP", 0x91: "CR1_WRITE_TRAP", 0x92: "CR2_WRITE_TRAP",
    0x93: "CR3_WRITE_TRAP", 0x94: "CR4_WRITE_TRAP", 0x95: "CR5_WRITE_TRAP", 0x96: "CR6_WRITE_TRAP",
    0x97: "CR7_WRITE_TRAP", 0x98: "CR8_WRITE_TRAP", 0x99: "CR9_WRITE_TRAP", 0x9a: "CR10_WRITE_TRAP",
    0x9b: "CR11_WRITE_TRAP", 0x9c: "CR12_WRITE_TRAP", 0x9d: "CR13_WRITE_TRAP", 0x9e: "CR14_WRITE_TRAP",
    0x9f: "CR15_WRITE_TRAP", 0xa2: "INVPCID", 0xa5: "BUS_LOCK", 0xa6: "IDLE_HLT", 0x400: "NPF",
    0x401: "AVIC_INCOMPLETE_IPI", 0x402: "AVIC_UNACCELERATED_ACCESS", 0x403: "VMGEXIT", 0xf0000000: "SW",
    0xffffffff: "ERR",
  ]

  /// Behind `SVM_VMGEXIT_`: what an SEV-ES guest asks for in its GHCB.
  private static let vmgExits: [UInt32: String] = [
    0x80000001: "MMIO_READ", 0x80000002: "MMIO_WRITE", 0x80000003: "NMI_COMPLETE",
    0x80000004: "AP_HLT_LOOP", 0x80000005: "AP_JUMP_TABLE", 0x80000010: "PSC", 0x80000011: "GUEST_REQUEST",
    0x80000012: "EXT_GUEST_REQUEST", 0x80000013: "AP_CREATION", 0x80000018: "SNP_RUN_VMPL",
    0x8000001a: "SAVIC", 0x8000fffd: "HV_FEATURES", 0x8000fffe: "TERM_REQUEST",
    0x8000ffff: "UNSUPPORTED_EVENT",
  ]
}
