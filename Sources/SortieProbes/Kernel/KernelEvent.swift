internal import SortieTrace

/// The tracepoints that are recorded, and where their fields go. FORMAT.md, section 12, says the same to readers.
///
/// Sources: arch/x86/kvm/trace.h, include/trace/events/{kvm,sched,rcu,syscalls}.h. A field that a kernel lacks
/// is absent in the trace.
public struct KernelEvent: Sendable {
  /// Named as `system/event`.
  public let name: String
  /// When it is recorded.
  let need: Need
  /// Its rows go to the stream of the scheduler, not of KVM.
  let isScheduler: Bool
  let fields: [FieldMapping]

  /// When an event is recorded.
  enum Need {
    /// Always.
    case always
    /// Where details are asked for, or the accesses that leave for user space.
    case access
    /// Where details are asked for.
    case detail
    /// Where the system calls of the machine monitor are asked for.
    case systemCall
  }

  private init(
    _ name: String, need: Need = .always, isScheduler: Bool = false, _ fields: [FieldMapping] = []
  ) {
    self.name = name
    self.need = need
    self.isScheduler = isScheduler
    self.fields = fields
  }

  /// The guest wrote, or the FPU was loaded: bit 0 of `flags`.
  private static let write: UInt64 = 1 << 0
  /// A second fact of an event: bit 1.
  private static let second: UInt64 = 1 << 1
  /// A third: bit 2.
  private static let third: UInt64 = 1 << 2

  /// All that are recorded, those that only details add at the end.
  public static let all: [KernelEvent] = [
    KernelEvent(
      "kvm/kvm_exit",
      [
        FieldMapping("exit_reason", to: .reason), FieldMapping("guest_rip", to: .rip),
        FieldMapping("isa", to: .isa), FieldMapping("info1", to: .info1), FieldMapping("info2", to: .info2),
        FieldMapping("intr_info", to: .interruptInfo), FieldMapping("error_code", to: .errorCode),
        FieldMapping("vcpu_id", to: .vcpu), FieldMapping("requests", to: .requests),
      ]),
    KernelEvent(
      "kvm/kvm_entry",
      [
        FieldMapping("vcpu_id", to: .vcpu), FieldMapping("rip", to: .rip),
        FieldMapping("immediate_exit", to: .flags, .bits(second)),
        FieldMapping("intr_info", to: .interruptInfo), FieldMapping("error_code", to: .errorCode),
      ]),
    KernelEvent(
      "kvm/kvm_userspace_exit",
      [FieldMapping("reason", to: .reason), FieldMapping("errno", to: .errno, .negated)]),
    KernelEvent("kvm/kvm_fpu", [FieldMapping("load", to: .flags, .bits(write))]),
    KernelEvent(
      "kvm/kvm_vcpu_wakeup",
      [
        FieldMapping("ns", to: .number), FieldMapping("waited", to: .flags, .bits(write)),
        FieldMapping("valid", to: .flags, .bits(second)),
      ]),
    KernelEvent(
      "kvm/kvm_halt_poll_ns",
      [
        FieldMapping("vcpu_id", to: .vcpu), FieldMapping("grow", to: .flags, .bits(write)),
        FieldMapping("new", to: .number), FieldMapping("old", to: .previous),
      ]),
    KernelEvent(
      "sched/sched_switch", isScheduler: true,
      [
        FieldMapping("prev_pid", to: .thread), FieldMapping("prev_state", to: .threadState),
        FieldMapping("next_pid", to: .nextThread), FieldMapping("prev_prio", to: .priority),
        FieldMapping("next_prio", to: .nextPriority),
      ]),
    KernelEvent(
      "sched/sched_wakeup", isScheduler: true,
      [FieldMapping("pid", to: .nextThread), FieldMapping("common_flags", to: .flags)]),
    KernelEvent("sched/sched_waking", isScheduler: true, [FieldMapping("pid", to: .nextThread)]),
    KernelEvent("sched/sched_stat_runtime", isScheduler: true, [FieldMapping("pid", to: .nextThread)]),
    KernelEvent(
      "kvm/kvm_pio", need: .access,
      [
        FieldMapping("rw", to: .flags, .bits(write)), FieldMapping("port", to: .address),
        FieldMapping("size", to: .size), FieldMapping("count", to: .count), FieldMapping("val", to: .number),
      ]),
    KernelEvent(
      "kvm/kvm_mmio", need: .access,
      [
        FieldMapping("type", to: .flags, .bits(write, equals: 2)),
        FieldMapping("type", to: .flags, .bits(second, equals: 0)),
        FieldMapping("gpa", to: .address), FieldMapping("len", to: .size), FieldMapping("val", to: .number),
      ]),
    KernelEvent(
      "kvm/kvm_msr", need: .detail,
      [
        FieldMapping("write", to: .flags, .bits(write)), FieldMapping("ecx", to: .address),
        FieldMapping("data", to: .number), FieldMapping("exception", to: .flags, .bits(second)),
      ]),
    KernelEvent(
      "kvm/kvm_apic", need: .detail,
      [
        FieldMapping("rw", to: .flags, .bits(write)), FieldMapping("reg", to: .address),
        FieldMapping("val", to: .number),
      ]),
    KernelEvent(
      "kvm/kvm_cpuid", need: .detail,
      [
        FieldMapping("function", to: .address), FieldMapping("index", to: .number),
        FieldMapping("found", to: .flags, .bits(second)),
        FieldMapping("used_max_basic", to: .flags, .bits(third)),
      ]),
    KernelEvent(
      "kvm/kvm_hypercall", need: .detail,
      [
        FieldMapping("nr", to: .address), FieldMapping("a0", to: .info1), FieldMapping("a1", to: .info2),
        FieldMapping("a2", to: .number), FieldMapping("a3", to: .previous),
      ]),
    KernelEvent(
      "kvm/kvm_page_fault", need: .detail,
      [
        FieldMapping("vcpu_id", to: .vcpu), FieldMapping("guest_rip", to: .rip),
        FieldMapping("fault_address", to: .address), FieldMapping("error_code", to: .errorCode),
      ]),
    KernelEvent(
      "kvm/kvm_eoi", need: .detail,
      [FieldMapping("apicid", to: .apicID), FieldMapping("vector", to: .address)]),
    KernelEvent(
      "kvm/kvm_inj_virq", need: .detail,
      [
        // `irq` until Linux 5.19.
        FieldMapping("vector", "irq", to: .address), FieldMapping("soft", to: .flags, .bits(second)),
        FieldMapping("reinjected", to: .flags, .bits(third)),
      ]),
    KernelEvent(
      "kvm/kvm_emulate_insn", need: .detail,
      [
        FieldMapping("rip", to: .rip), FieldMapping("csbase", to: .address), FieldMapping("len", to: .size),
        FieldMapping("insn", to: .info1, .bytes(from: 0, count: 8)),
        FieldMapping("insn", to: .info2, .bytes(from: 8, count: 7)),
        FieldMapping("flags", to: .number), FieldMapping("failed", to: .flags, .bits(second)),
      ]),
    // `ioctl` among them: where the VMM is another's, u1 is the entry of its KVM_RUN and u0 the exit.
    KernelEvent(
      "raw_syscalls/sys_enter", need: .systemCall,
      [FieldMapping("id", to: .address), FieldMapping("args", to: .info1, .bytes(from: 8, count: 8))]),
    KernelEvent(
      "raw_syscalls/sys_exit", need: .systemCall,
      [FieldMapping("id", to: .address), FieldMapping("ret", to: .number)]),
    // Two for every entry into the guest besides those of switches: too many where nobody asked for details.
    KernelEvent("rcu/rcu_utilization", need: .detail, isScheduler: true),
  ]
}
