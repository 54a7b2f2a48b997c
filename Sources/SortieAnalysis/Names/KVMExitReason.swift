import SortieTrace

/// Names of the `KVM_EXIT_*` numbers, from `linux/kvm.h` (Linux 6.19).
public enum KVMExitReason {
  /// `KVM_EXIT_IO`.
  static let io: UInt32 = 2
  /// `KVM_EXIT_HYPERCALL`.
  static let hypercall: UInt32 = 3
  /// `KVM_EXIT_MMIO`.
  static let mmio: UInt32 = 6
  /// `KVM_EXIT_IOAPIC_EOI`.
  static let ioapicEOI: UInt32 = 26
  /// `KVM_EXIT_X86_RDMSR`.
  static let readMSR: UInt32 = 29
  /// `KVM_EXIT_X86_WRMSR`.
  static let writeMSR: UInt32 = 30

  /// The name KVM gives this reason, without `KVM_EXIT_`; nil for a number that this table does not hold.
  public static func suffix(of reason: UInt32) -> String? {
    reason < suffixes.count ? suffixes[Int(reason)] : nil
  }

  /// The name KVM gives this reason (`KVM_EXIT_IO`); `unknown 77` for a number that this table does not hold.
  public static func name(of reason: UInt32) -> String {
    if let suffix = suffix(of: reason) { return "KVM_EXIT_\(suffix)" }
    if reason == RoundTripRecord.lostReason { return "lost with the file" }
    return "unknown \(reason)"
  }

  /// The number of the reason called `name`: with or without `KVM_EXIT_`, in any case, or a decimal number.
  public static func number(named name: String) -> UInt32? {
    if let number = UInt32(name) { return number }
    var wanted = name.uppercased()
    if wanted.hasPrefix("KVM_EXIT_") { wanted.removeFirst("KVM_EXIT_".count) }
    return suffixes.firstIndex(of: wanted).map(UInt32.init)
  }

  private static let suffixes = [
    "UNKNOWN", "EXCEPTION", "IO", "HYPERCALL", "DEBUG", "HLT", "MMIO", "IRQ_WINDOW_OPEN", "SHUTDOWN",
    "FAIL_ENTRY", "INTR", "SET_TPR", "TPR_ACCESS", "S390_SIEIC", "S390_RESET", "DCR", "NMI", "INTERNAL_ERROR",
    "OSI", "PAPR_HCALL", "S390_UCONTROL", "WATCHDOG", "S390_TSCH", "EPR", "SYSTEM_EVENT", "S390_STSI",
    "IOAPIC_EOI", "HYPERV", "ARM_NISV", "X86_RDMSR", "X86_WRMSR", "DIRTY_RING_FULL", "AP_RESET_HOLD",
    "X86_BUS_LOCK", "XEN", "RISCV_SBI", "RISCV_CSR", "NOTIFY", "LOONGARCH_IOCSR", "MEMORY_FAULT", "TDX",
    "ARM_SEA", "ARM_LDST64B", "SNP_REQ_CERTS",
  ]
}
