extension KVMCapability: CaseIterable {
  /// The capabilities of x86 that this module knows, in order of their numbers.
  public static let allCases: [KVMCapability] = table.map { KVMCapability(rawValue: $0.number) }

  /// The kernel's name, such as `KVM_CAP_IRQCHIP`; `KVM_CAP_1234` for a number not in `allCases`.
  public var name: String {
    KVMCapability.table.first { $0.number == rawValue }.map { "KVM_CAP_\($0.name)" } ?? "KVM_CAP_\(rawValue)"
  }

  /// What the capability gives, one clause; empty for a number not in `allCases`.
  public var meaning: String {
    KVMCapability.table.first { $0.number == rawValue }?.meaning ?? ""
  }

  /// Name and meaning.
  public var description: String { meaning.isEmpty ? name : "\(name): \(meaning)" }

  private static let table: [(number: UInt32, name: String, meaning: String)] = [
    (0, "IRQCHIP", "the PIC, I/O APIC and local APICs live in the kernel"),
    (3, "USER_MEMORY", "guest memory is memory of this process"),
    (4, "SET_TSS_ADDR", "three pages for Intel's real mode can be placed"),
    (7, "EXT_CPUID", "CPUID leaves of the guest are set one by one"),
    (9, "NR_VCPUS", "how many vCPUs a VM should have at most"),
    (10, "NR_MEMSLOTS", "how many memory slots a VM can have"),
    (14, "MP_STATE", "what a vCPU waits for can be read and set"),
    (15, "COALESCED_MMIO", "MMIO writes can be collected in a ring; the value is the ring's page"),
    (16, "SYNC_MMU", "changes of host mappings reach the guest"),
    (22, "USER_NMI", "user space can send NMIs"),
    (23, "SET_GUEST_DEBUG", "breakpoints and single steps"),
    (25, "IRQ_ROUTING", "interrupts can be routed; the value is the number of routes"),
    (31, "MCE", "machine check banks"),
    (32, "IRQFD", "interrupts from eventfds, without an ioctl"),
    (33, "PIT2", "the i8254 timer lives in the kernel"),
    (36, "IOEVENTFD", "guest writes become eventfd signals, without a return to user space"),
    (37, "SET_IDENTITY_MAP_ADDR", "one page for Intel's identity map can be placed"),
    (39, "ADJUST_CLOCK", "the paravirtual clock can be read and set"),
    (40, "INTERNAL_ERROR_DATA", "internal errors carry data"),
    (41, "VCPU_EVENTS", "pending events of a vCPU can be read and set"),
    (50, "DEBUGREGS", "debug registers can be read and set"),
    (54, "ENABLE_CAP", "capabilities can be turned on for a vCPU"),
    (55, "XSAVE", "extended state can be read and set"),
    (56, "XCRS", "extended control registers can be read and set"),
    (59, "ASYNC_PF", "a guest can run on while the host pages in"),
    (60, "TSC_CONTROL", "the guest's TSC frequency can differ from the host's"),
    (61, "GET_TSC_KHZ", "the guest's TSC frequency can be read"),
    (66, "MAX_VCPUS", "how many vCPUs a VM can have"),
    (72, "TSC_DEADLINE_TIMER", "the local APIC timer has its TSC deadline mode"),
    (74, "SYNC_REGS", "registers are exchanged through the run page; the value is the set of classes"),
    (77, "SIGNAL_MSI", "message signalled interrupts can be sent"),
    (81, "READONLY_MEM", "memory slots can be read-only"),
    (82, "IRQFD_RESAMPLE", "level-triggered interrupts from eventfds"),
    (89, "DEVICE_CTRL", "in-kernel devices with attributes"),
    (98, "ENABLE_CAP_VM", "capabilities can be turned on for a VM"),
    (100, "IOEVENTFD_NO_LENGTH", "ioeventfds that match a write of any length"),
    (105, "CHECK_EXTENSION_VM", "capabilities can be asked of a VM"),
    (116, "DISABLE_QUIRKS", "deviations from the architecture can be turned off"),
    (117, "X86_SMM", "system management mode"),
    (121, "SPLIT_IRQCHIP", "local APICs in the kernel, PIC and I/O APIC in user space"),
    (122, "IOEVENTFD_ANY_LENGTH", "MMIO ioeventfds of length 0"),
    (123, "HYPERV_SYNIC", "Hyper-V's synthetic interrupt controller"),
    (127, "VCPU_ATTRIBUTES", "a vCPU has attributes, its TSC offset among them"),
    (128, "MAX_VCPU_ID", "how many vCPU ids there are"),
    (129, "X2APIC_API", "32-bit APIC ids"),
    (136, "IMMEDIATE_EXIT", "KVM_RUN can be made to return at once"),
    (143, "X86_DISABLE_EXITS", "HLT, PAUSE and others can be left to the guest; the value is the set"),
    (153, "GET_MSR_FEATURES", "feature MSRs of the host can be read"),
    (157, "NESTED_STATE", "nested virtualization: its state can be read and set"),
    (162, "COALESCED_PIO", "port writes can be collected in the ring"),
    (164, "EXCEPTION_PAYLOAD", "pending exceptions carry their payload"),
    (168, "MANUAL_DIRTY_LOG_PROTECT2", "the dirty log can be cleared in parts"),
    (173, "PMU_EVENT_FILTER", "the guest's performance events can be restricted"),
    (182, "HALT_POLL", "the time to poll before a halt blocks can be set per VM"),
    (183, "ASYNC_PF_INT", "asynchronous page faults arrive as interrupts"),
    (184, "LAST_CPU", "the host's CPU before an entry failure is reported"),
    (187, "STEAL_TIME", "the guest learns how long it was kept from running"),
    (188, "X86_USER_SPACE_MSR", "MSR accesses can go to user space; the value is the set of causes"),
    (189, "X86_MSR_FILTER", "MSR accesses can be filtered"),
    (192, "DIRTY_LOG_RING", "dirty pages in rings; the value is the largest ring in bytes"),
    (193, "X86_BUS_LOCK_EXIT", "bus locks of the guest can leave to user space"),
    (195, "SET_GUEST_DEBUG2", "which debug facilities there are"),
    (200, "SREGS2", "special registers with the page directory pointers"),
    (201, "EXIT_HYPERCALL", "Hypercalls can go to user space; the value is the set"),
    (203, "BINARY_STATS_FD", "statistics of VM and vCPU as self-describing files"),
    (204, "EXIT_ON_EMULATION_FAILURE", "what KVM cannot emulate can leave to user space"),
    (207, "VM_GPA_BITS", "width of guest physical addresses"),
    (208, "XSAVE2", "bytes of the extended state"),
    (209, "SYS_ATTRIBUTES", "/dev/kvm has attributes"),
    (212, "PMU_CAPABILITY", "the guest's PMU can be turned off"),
    (213, "DISABLE_QUIRKS2", "quirks can be turned off; the value is the set"),
    (214, "VM_TSC_CONTROL", "the TSC frequency can be set for a whole VM"),
    (218, "X86_TRIPLE_FAULT_EVENT", "a pending triple fault can be read and set"),
    (219, "X86_NOTIFY_VMEXIT", "a guest that keeps interrupts away can be made to leave"),
    (220, "VM_DISABLE_NX_HUGE_PAGES", "the mitigation of iTLB multihit can be turned off"),
    (223, "DIRTY_LOG_RING_ACQ_REL", "dirty rings with explicit ordering"),
    (231, "USER_MEMORY2", "memory slots can be backed by guest_memfd"),
    (232, "MEMORY_FAULT_INFO", "faults on guest memory leave with their address"),
    (233, "MEMORY_ATTRIBUTES", "guest memory can be private; the value is the set of attributes"),
    (234, "GUEST_MEMFD", "guest memory that the host does not map"),
    (235, "VM_TYPES", "which types of VM there are; the value is the set"),
    (236, "PRE_FAULT_MEMORY", "guest memory can be mapped before the guest touches it"),
    (237, "X86_APIC_BUS_CYCLES_NS", "the local APIC timer's frequency can be set"),
    (238, "X86_GUEST_MODE", "a run page flag tells whether a nested guest ran"),
  ]
}
