/// Reasons with which `KVM_RUN` returns, by their numbers in `linux/kvm.h`.
public enum UserExit: UInt32, Sendable, Hashable, CaseIterable {
  /// `KVM_EXIT_IO`.
  case io = 2
  /// `KVM_EXIT_MMIO`.
  case mmio = 6
  /// `KVM_EXIT_IOAPIC_EOI`.
  case ioapicEOI = 26
  /// `KVM_EXIT_X86_RDMSR`.
  case readMSR = 29

  /// KVM's name.
  public var name: String {
    switch self {
    case .io: "KVM_EXIT_IO"
    case .mmio: "KVM_EXIT_MMIO"
    case .ioapicEOI: "KVM_EXIT_IOAPIC_EOI"
    case .readMSR: "KVM_EXIT_X86_RDMSR"
    }
  }
}

/// Why the processor leaves the guest, in words that both vendors share.
public enum HardwareExit: String, Sendable, Hashable, CaseIterable {
  /// IN, OUT and their string forms.
  case io
  /// An access to a page that KVM knows as memory-mapped I/O.
  case mmio
  /// An access to a page not mapped yet.
  case pageFault
  /// CPUID.
  case cpuid
  /// RDMSR.
  case readMSR
  /// WRMSR.
  case writeMSR
  /// HLT.
  case hlt
  /// VMCALL or VMMCALL.
  case hypercall
  /// An access to the memory-mapped local APIC.
  case apicAccess
  /// WBINVD.
  case wbinvd
  /// INVLPG.
  case invlpg
  /// MOV to CR0 that changes more than TS and MP.
  case writeCR0
  /// MOV to CR0 while KVM has the processor use another value than the guest's: after INIT the guest's says that caches
  /// are off, and KVM leaves them on (`svm_set_cr0`).
  case writeShadowedCR0
  /// MOV to CR3.
  case writeCR3
  /// MOV from CR4.
  case readCR4
  /// MOV to CR4.
  case writeCR4
  /// MOV to DR0.
  case writeDR0
  /// XSETBV.
  case xsetbv
  /// An invalid-opcode exception.
  case invalidOpcode
  /// PAUSE, repeated.
  case pause
  /// A write that the processor has made to its copy of the local APIC and that KVM must act on (APICv: APIC-write;
  /// AVIC: unaccelerated access).
  case apicWrite
  /// IRET: SVM without virtual NMIs learns from it that the handler of an NMI is over.
  case iret

  /// The number in the tracepoint `kvm_exit` (`asm/vmx.h`, `asm/svm.h`); nil where nothing exits in hardware. SVM
  /// has one reason for reads and writes of MSRs, and one for all nested page faults: those of memory-mapped I/O
  /// are counted together with the first touches of pages. VMX has one for all accesses to control registers and one
  /// for all exceptions.
  public func reason(on execution: HostKind.Execution) -> UInt32? {
    switch (execution, self) {
    case (.emulated, _): nil
    case (.vmx, .io): 30
    case (.vmx, .mmio): 49
    case (.vmx, .pageFault): 48
    case (.vmx, .cpuid): 10
    case (.vmx, .readMSR): 31
    case (.vmx, .writeMSR): 32
    case (.vmx, .hlt): 12
    case (.vmx, .hypercall): 18
    case (.vmx, .apicAccess): 44
    case (.vmx, .wbinvd): 54
    case (.vmx, .invlpg): 14
    case (.vmx, .writeCR0), (.vmx, .writeShadowedCR0), (.vmx, .writeCR3), (.vmx, .readCR4), (.vmx, .writeCR4):
      28
    case (.vmx, .writeDR0): 29
    case (.vmx, .xsetbv): 55
    case (.vmx, .invalidOpcode): 0
    case (.vmx, .pause): 40
    case (.vmx, .apicWrite): 56
    case (.vmx, .iret): nil
    case (.svm, .io): 0x7b
    case (.svm, .mmio), (.svm, .pageFault), (.svm, .apicAccess): 0x400
    case (.svm, .cpuid): 0x72
    case (.svm, .readMSR), (.svm, .writeMSR): 0x7c
    case (.svm, .hlt): 0x78
    case (.svm, .hypercall): 0x81
    case (.svm, .wbinvd): 0x89
    case (.svm, .invlpg): 0x79
    case (.svm, .writeCR0): 0x65
    case (.svm, .writeShadowedCR0): 0x10
    case (.svm, .writeCR3): 0x13
    case (.svm, .readCR4): 0x04
    case (.svm, .writeCR4): 0x14
    case (.svm, .writeDR0): 0x30
    case (.svm, .xsetbv): 0x8d
    case (.svm, .invalidOpcode): 0x46
    case (.svm, .pause): 0x77
    case (.svm, .apicWrite): 0x402
    case (.svm, .iret): 0x74
    }
  }
}

/// Tracepoints of the `kvm` group that count an operation whether or not the hardware exits for it. Raw value: the
/// event's name in tracefs.
public enum Tracepoint: String, Sendable, Hashable, CaseIterable {
  /// A port access, in the kernel or not; one an element of a string write.
  case pio = "kvm_pio"
  /// A memory-mapped access; a read that user space answers counts twice (unsatisfied, then read).
  case mmio = "kvm_mmio"
  /// An MSR access that KVM itself completes.
  case msr = "kvm_msr"
  /// A CPUID.
  case cpuid = "kvm_cpuid"
  /// A local APIC register access.
  case apic = "kvm_apic"
  /// An interrupt sent by a local APIC.
  case apicIPI = "kvm_apic_ipi"
  /// A hypercall.
  case hypercall = "kvm_hypercall"
  /// A guest page fault on the second-level tables.
  case pageFault = "kvm_page_fault"
}
