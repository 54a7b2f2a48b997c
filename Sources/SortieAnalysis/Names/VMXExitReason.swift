/// Names of VMX basic exit reasons, from `asm/vmx.h` (Linux 6.18).
enum VMXExitReason {
  /// The name in the header of the basic reason in `reason`; nil for one that it does not have.
  ///
  /// Above the basic reason, which is 16 bits wide, stand flags (Intel SDM volume 3, section 25.9.1).
  static func name(of reason: UInt32) -> String? {
    guard let suffix = suffixes[reason & 0xffff] else { return nil }
    return "EXIT_REASON_\(suffix)" + (reason & failedEntry != 0 ? " (failed VM entry)" : "")
  }

  /// `EXIT_REASON_EXTERNAL_INTERRUPT`: a host interrupt.
  static let externalInterrupt: UInt32 = 1
  /// `EXIT_REASON_EPT_VIOLATION`.
  static let eptViolation: UInt32 = 48
  /// `EXIT_REASON_EXCEPTION_NMI`.
  static let exceptionOrNMI: UInt32 = 0
  /// `EXIT_REASON_SIPI_SIGNAL`.
  static let startupIPI: UInt32 = 4
  /// `EXIT_REASON_CPUID`.
  static let cpuid: UInt32 = 10
  /// `EXIT_REASON_VMCALL`.
  static let hypercall: UInt32 = 18
  /// `EXIT_REASON_CR_ACCESS`.
  static let controlRegisterAccess: UInt32 = 28
  /// `EXIT_REASON_DR_ACCESS`.
  static let debugRegisterAccess: UInt32 = 29
  /// `EXIT_REASON_IO_INSTRUCTION`.
  static let ioInstruction: UInt32 = 30
  /// `EXIT_REASON_MSR_READ`.
  static let msrRead: UInt32 = 31
  /// `EXIT_REASON_MSR_WRITE`.
  static let msrWrite: UInt32 = 32
  /// `EXIT_REASON_APIC_ACCESS`.
  static let apicAccess: UInt32 = 44
  /// `EXIT_REASON_EOI_INDUCED`.
  static let inducedEOI: UInt32 = 45
  /// `EXIT_REASON_EPT_MISCONFIG`.
  static let eptMisconfiguration: UInt32 = 49
  /// `EXIT_REASON_APIC_WRITE`.
  static let apicWrite: UInt32 = 56
  /// `EXIT_REASON_MSR_READ_IMM`.
  static let immediateMSRRead: UInt32 = 84
  /// `EXIT_REASON_MSR_WRITE_IMM`.
  static let immediateMSRWrite: UInt32 = 85
  /// `VMX_EXIT_REASONS_FAILED_VMENTRY`.
  private static let failedEntry: UInt32 = 1 << 31

  /// All basic reasons with a name.
  static var numbers: [UInt32] { suffixes.keys.sorted() }

  /// Behind `EXIT_REASON_`.
  private static let suffixes: [UInt32: String] = [
    0: "EXCEPTION_NMI", 1: "EXTERNAL_INTERRUPT", 2: "TRIPLE_FAULT", 3: "INIT_SIGNAL", 4: "SIPI_SIGNAL",
    7: "INTERRUPT_WINDOW", 8: "NMI_WINDOW", 9: "TASK_SWITCH", 10: "CPUID", 12: "HLT", 13: "INVD",
    14: "INVLPG", 15: "RDPMC", 16: "RDTSC", 18: "VMCALL", 19: "VMCLEAR", 20: "VMLAUNCH", 21: "VMPTRLD",
    22: "VMPTRST", 23: "VMREAD", 24: "VMRESUME", 25: "VMWRITE", 26: "VMOFF", 27: "VMON", 28: "CR_ACCESS",
    29: "DR_ACCESS", 30: "IO_INSTRUCTION", 31: "MSR_READ", 32: "MSR_WRITE", 33: "INVALID_STATE",
    34: "MSR_LOAD_FAIL", 36: "MWAIT_INSTRUCTION", 37: "MONITOR_TRAP_FLAG", 39: "MONITOR_INSTRUCTION",
    40: "PAUSE_INSTRUCTION", 41: "MCE_DURING_VMENTRY", 43: "TPR_BELOW_THRESHOLD", 44: "APIC_ACCESS",
    45: "EOI_INDUCED", 46: "GDTR_IDTR", 47: "LDTR_TR", 48: "EPT_VIOLATION", 49: "EPT_MISCONFIG",
    50: "INVEPT", 51: "RDTSCP", 52: "PREEMPTION_TIMER", 53: "INVVPID", 54: "WBINVD", 55: "XSETBV",
    56: "APIC_WRITE", 57: "RDRAND", 58: "INVPCID", 59: "VMFUNC", 60: "ENCLS", 61: "RDSEED", 62: "PML_FULL",
    63: "XSAVES", 64: "XRSTORS", 67: "UMWAIT", 68: "TPAUSE", 74: "BUS_LOCK", 75: "NOTIFY", 76: "SEAMCALL",
    77: "TDCALL", 84: "MSR_READ_IMM", 85: "MSR_WRITE_IMM",
  ]
}
