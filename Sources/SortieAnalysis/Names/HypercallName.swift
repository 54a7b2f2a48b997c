/// Names of KVM's hypercalls, from `linux/kvm_para.h` (Linux 6.18). Those of Xen and Hyper-V have tracepoints of their
/// own.
enum HypercallName {
  /// The name in the header (`KVM_HC_KICK_CPU`); nil for a number that it does not have.
  static func name(of number: UInt64) -> String? {
    number < names.count ? names[Int(number)] : nil
  }

  /// The name; the number in decimal where there is none.
  static func text(of number: UInt64) -> String { name(of: number) ?? "\(number)" }

  private static let names: [String?] = [
    nil, "KVM_HC_VAPIC_POLL_IRQ", "KVM_HC_MMU_OP", "KVM_HC_FEATURES", "KVM_HC_PPC_MAP_MAGIC_PAGE",
    "KVM_HC_KICK_CPU", "KVM_HC_MIPS_GET_CLOCK_FREQ", "KVM_HC_MIPS_EXIT_VM", "KVM_HC_MIPS_CONSOLE_OUTPUT",
    "KVM_HC_CLOCK_PAIRING", "KVM_HC_SEND_IPI", "KVM_HC_SCHED_YIELD", "KVM_HC_MAP_GPA_RANGE",
  ]
}
