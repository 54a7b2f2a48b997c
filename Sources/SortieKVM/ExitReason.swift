/// The number that KVM_RUN left in `kvm_run.exit_reason`. Any number is kept, known or not.
@frozen
public struct ExitReason: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The number of `KVM_EXIT_*` (include/uapi/linux/kvm.h).
  public let rawValue: UInt32

  /// The reason with this number.
  @inlinable
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Reasons that have a name, in order of their numbers, which are 0, 1, 2 and so on.
  public static let names: [String] = [
    "KVM_EXIT_UNKNOWN", "KVM_EXIT_EXCEPTION", "KVM_EXIT_IO", "KVM_EXIT_HYPERCALL", "KVM_EXIT_DEBUG",
    "KVM_EXIT_HLT", "KVM_EXIT_MMIO", "KVM_EXIT_IRQ_WINDOW_OPEN", "KVM_EXIT_SHUTDOWN", "KVM_EXIT_FAIL_ENTRY",
    "KVM_EXIT_INTR", "KVM_EXIT_SET_TPR", "KVM_EXIT_TPR_ACCESS", "KVM_EXIT_S390_SIEIC", "KVM_EXIT_S390_RESET",
    "KVM_EXIT_DCR", "KVM_EXIT_NMI", "KVM_EXIT_INTERNAL_ERROR", "KVM_EXIT_OSI", "KVM_EXIT_PAPR_HCALL",
    "KVM_EXIT_S390_UCONTROL", "KVM_EXIT_WATCHDOG", "KVM_EXIT_S390_TSCH", "KVM_EXIT_EPR",
    "KVM_EXIT_SYSTEM_EVENT", "KVM_EXIT_S390_STSI", "KVM_EXIT_IOAPIC_EOI", "KVM_EXIT_HYPERV",
    "KVM_EXIT_ARM_NISV", "KVM_EXIT_X86_RDMSR", "KVM_EXIT_X86_WRMSR", "KVM_EXIT_DIRTY_RING_FULL",
    "KVM_EXIT_AP_RESET_HOLD", "KVM_EXIT_X86_BUS_LOCK", "KVM_EXIT_XEN", "KVM_EXIT_RISCV_SBI",
    "KVM_EXIT_RISCV_CSR", "KVM_EXIT_NOTIFY", "KVM_EXIT_LOONGARCH_IOCSR", "KVM_EXIT_MEMORY_FAULT",
    "KVM_EXIT_TDX", "KVM_EXIT_ARM_SEA", "KVM_EXIT_ARM_LDST64B", "KVM_EXIT_SNP_REQ_CERTS",
  ]

  /// KVM's name, such as `KVM_EXIT_IO`; `KVM_EXIT_1234` for a number without one.
  public var name: String {
    rawValue < UInt32(ExitReason.names.count) ? ExitReason.names[Int(rawValue)] : "KVM_EXIT_\(rawValue)"
  }

  /// KVM's name.
  public var description: String { name }

  /// Whether `rawValue` has a name in the interface this module knows.
  public var isKnown: Bool { rawValue < UInt32(ExitReason.names.count) }
}

extension ExitReason {
  /// `KVM_EXIT_UNKNOWN`.
  @inlinable public static var unknown: ExitReason { ExitReason(rawValue: 0) }
  /// `KVM_EXIT_EXCEPTION`.
  @inlinable public static var exception: ExitReason { ExitReason(rawValue: 1) }
  /// `KVM_EXIT_IO`.
  @inlinable public static var io: ExitReason { ExitReason(rawValue: 2) }
  /// `KVM_EXIT_HYPERCALL`.
  @inlinable public static var hypercall: ExitReason { ExitReason(rawValue: 3) }
  /// `KVM_EXIT_DEBUG`.
  @inlinable public static var debug: ExitReason { ExitReason(rawValue: 4) }
  /// `KVM_EXIT_HLT`.
  @inlinable public static var halt: ExitReason { ExitReason(rawValue: 5) }
  /// `KVM_EXIT_MMIO`.
  @inlinable public static var mmio: ExitReason { ExitReason(rawValue: 6) }
  /// `KVM_EXIT_IRQ_WINDOW_OPEN`.
  @inlinable public static var interruptWindowOpen: ExitReason { ExitReason(rawValue: 7) }
  /// `KVM_EXIT_SHUTDOWN`.
  @inlinable public static var shutdown: ExitReason { ExitReason(rawValue: 8) }
  /// `KVM_EXIT_FAIL_ENTRY`.
  @inlinable public static var failEntry: ExitReason { ExitReason(rawValue: 9) }
  /// `KVM_EXIT_INTR`.
  @inlinable public static var interrupt: ExitReason { ExitReason(rawValue: 10) }
  /// `KVM_EXIT_SET_TPR`.
  @inlinable public static var setTPR: ExitReason { ExitReason(rawValue: 11) }
  /// `KVM_EXIT_TPR_ACCESS`.
  @inlinable public static var tprAccess: ExitReason { ExitReason(rawValue: 12) }
  /// `KVM_EXIT_S390_SIEIC`.
  @inlinable public static var s390SIEIC: ExitReason { ExitReason(rawValue: 13) }
  /// `KVM_EXIT_S390_RESET`.
  @inlinable public static var s390Reset: ExitReason { ExitReason(rawValue: 14) }
  /// `KVM_EXIT_DCR`.
  @inlinable public static var dcr: ExitReason { ExitReason(rawValue: 15) }
  /// `KVM_EXIT_NMI`.
  @inlinable public static var nmi: ExitReason { ExitReason(rawValue: 16) }
  /// `KVM_EXIT_INTERNAL_ERROR`.
  @inlinable public static var internalError: ExitReason { ExitReason(rawValue: 17) }
  /// `KVM_EXIT_OSI`.
  @inlinable public static var osi: ExitReason { ExitReason(rawValue: 18) }
  /// `KVM_EXIT_PAPR_HCALL`.
  @inlinable public static var paprHypercall: ExitReason { ExitReason(rawValue: 19) }
  /// `KVM_EXIT_S390_UCONTROL`.
  @inlinable public static var s390UControl: ExitReason { ExitReason(rawValue: 20) }
  /// `KVM_EXIT_WATCHDOG`.
  @inlinable public static var watchdog: ExitReason { ExitReason(rawValue: 21) }
  /// `KVM_EXIT_S390_TSCH`.
  @inlinable public static var s390TSCH: ExitReason { ExitReason(rawValue: 22) }
  /// `KVM_EXIT_EPR`.
  @inlinable public static var epr: ExitReason { ExitReason(rawValue: 23) }
  /// `KVM_EXIT_SYSTEM_EVENT`.
  @inlinable public static var systemEvent: ExitReason { ExitReason(rawValue: 24) }
  /// `KVM_EXIT_S390_STSI`.
  @inlinable public static var s390STSI: ExitReason { ExitReason(rawValue: 25) }
  /// `KVM_EXIT_IOAPIC_EOI`.
  @inlinable public static var ioapicEOI: ExitReason { ExitReason(rawValue: 26) }
  /// `KVM_EXIT_HYPERV`.
  @inlinable public static var hyperV: ExitReason { ExitReason(rawValue: 27) }
  /// `KVM_EXIT_ARM_NISV`.
  @inlinable public static var armNISV: ExitReason { ExitReason(rawValue: 28) }
  /// `KVM_EXIT_X86_RDMSR`.
  @inlinable public static var readMSR: ExitReason { ExitReason(rawValue: 29) }
  /// `KVM_EXIT_X86_WRMSR`.
  @inlinable public static var writeMSR: ExitReason { ExitReason(rawValue: 30) }
  /// `KVM_EXIT_DIRTY_RING_FULL`.
  @inlinable public static var dirtyRingFull: ExitReason { ExitReason(rawValue: 31) }
  /// `KVM_EXIT_AP_RESET_HOLD`.
  @inlinable public static var apResetHold: ExitReason { ExitReason(rawValue: 32) }
  /// `KVM_EXIT_X86_BUS_LOCK`.
  @inlinable public static var busLock: ExitReason { ExitReason(rawValue: 33) }
  /// `KVM_EXIT_XEN`.
  @inlinable public static var xen: ExitReason { ExitReason(rawValue: 34) }
  /// `KVM_EXIT_RISCV_SBI`.
  @inlinable public static var riscvSBI: ExitReason { ExitReason(rawValue: 35) }
  /// `KVM_EXIT_RISCV_CSR`.
  @inlinable public static var riscvCSR: ExitReason { ExitReason(rawValue: 36) }
  /// `KVM_EXIT_NOTIFY`.
  @inlinable public static var notify: ExitReason { ExitReason(rawValue: 37) }
  /// `KVM_EXIT_LOONGARCH_IOCSR`.
  @inlinable public static var loongarchIOCSR: ExitReason { ExitReason(rawValue: 38) }
  /// `KVM_EXIT_MEMORY_FAULT`.
  @inlinable public static var memoryFault: ExitReason { ExitReason(rawValue: 39) }
  /// `KVM_EXIT_TDX`.
  @inlinable public static var tdx: ExitReason { ExitReason(rawValue: 40) }
  /// `KVM_EXIT_ARM_SEA`.
  @inlinable public static var armSEA: ExitReason { ExitReason(rawValue: 41) }
  /// `KVM_EXIT_ARM_LDST64B`.
  @inlinable public static var armLDST64B: ExitReason { ExitReason(rawValue: 42) }
  /// `KVM_EXIT_SNP_REQ_CERTS`.
  @inlinable public static var snpRequestCertificates: ExitReason { ExitReason(rawValue: 43) }
}
