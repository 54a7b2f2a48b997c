public import CLinuxKVM

/// Why KVM_RUN returned, with what KVM says about it: one case for every `KVM_EXIT_*`, payloads as views of the
/// run page, so that decoding copies a few words and allocates nothing.
///
/// A payload is valid until the next KVM_RUN of its vCPU.
@frozen
public enum Exit {
  /// Hardware gave a reason that KVM does not know: the hardware's number.
  case unknownHardware(reason: UInt64)
  /// An exception in the guest that KVM hands over.
  case exception(vector: UInt32, errorCode: UInt32)
  /// Port I/O.
  case io(PortIO)
  /// A hypercall that KVM was asked to hand over.
  case hypercall(HypercallExit)
  /// A debug exception or breakpoint.
  case debug(DebugExit)
  /// HLT with no in-kernel interrupt controller.
  case halt
  /// An access to guest physical memory that no slot backs.
  case mmio(MemoryIO)
  /// The guest can take an interrupt now.
  case interruptWindowOpen
  /// Triple fault, or the guest's shutdown.
  case shutdown
  /// The hardware refused to enter the guest.
  case failEntry(reason: UInt64, cpu: UInt32)
  /// A signal came: KVM_RUN also fails with EINTR.
  case interrupt
  /// The guest lowered its task priority.
  case setTPR
  /// The guest touched its task priority register.
  case tprAccess(rip: UInt64, isWrite: Bool)
  /// s390: an interception.
  case s390SIEIC(code: UInt8, ipa: UInt16, ipb: UInt32)
  /// s390: a reset with KVM_S390_RESET_* flags.
  case s390Reset(flags: UInt64)
  /// PowerPC, deprecated: a device control register.
  case dcr(number: UInt32, data: UInt32, isWrite: Bool)
  /// A non-maskable interrupt.
  case nmi
  /// KVM cannot go on.
  case internalError(InternalErrorExit)
  /// PowerPC: an OSI call; its 32 registers.
  case osi(WordsExit)
  /// PowerPC: a PAPR hypercall.
  case paprHypercall(HypercallExit)
  /// s390: a fault of a user-controlled VM.
  case s390UControl(code: UInt64, programCode: UInt32)
  /// PowerPC: the watchdog expired.
  case watchdog
  /// s390: TEST SUBCHANNEL.
  case s390TSCH(SubchannelExit)
  /// PowerPC: the external proxy register.
  case epr(UInt32)
  /// The guest asks for shutdown, reset, or tells of a crash.
  case systemEvent(type: UInt32, data: WordsExit)
  /// s390: STORE SYSTEM INFORMATION.
  case s390STSI(address: UInt64, accessRegister: UInt8, function: UInt8, selector1: UInt8, selector2: UInt16)
  /// The guest ended a level-triggered interrupt of the split irqchip.
  case ioapicEOI(vector: UInt8)
  /// A Hyper-V event: KVM_EXIT_HYPERV_* and its words.
  case hyperV(type: UInt32, data: WordsExit)
  /// Arm: a data abort without a valid syndrome.
  case armNISV(syndrome: UInt64, address: UInt64)
  /// RDMSR handed to user space.
  case readMSR(MSRExit)
  /// WRMSR handed to user space.
  case writeMSR(MSRExit)
  /// The dirty ring is full.
  case dirtyRingFull
  /// An application processor waits in a reset hold.
  case apResetHold
  /// The guest took a bus lock.
  case busLock
  /// A Xen hypercall.
  case xen(XenExit)
  /// RISC-V: an SBI call.
  case riscvSBI(SBIExit)
  /// RISC-V: a control and status register.
  case riscvCSR(number: UInt64, newValue: UInt64, writeMask: UInt64)
  /// The guest ran past the notify window; bit 0 of `flags`: its context is lost.
  case notify(flags: UInt32)
  /// LoongArch: an I/O control and status register.
  case loongarchIOCSR(MemoryIO)
  /// A fault on guest memory that user space must mend; KVM_RUN also fails with EFAULT or EHWPOISON.
  case memoryFault(flags: UInt64, physicalAddress: UInt64, size: UInt64)
  /// TDX: a TDVMCALL.
  case tdx(TDXExit)
  /// Arm: a synchronous external abort.
  case armSEA(flags: UInt64, syndrome: UInt64, virtualAddress: UInt64, physicalAddress: UInt64)
  /// Arm: LD64B or ST64B outside memory.
  case armLDST64B(syndrome: UInt64, address: UInt64)
  /// SEV-SNP: the guest asks for certificates.
  case snpRequestCertificates(physicalAddress: UInt64, pages: UInt64)
  /// A payload that cannot be: its data would lie outside the run page.
  case malformed(MalformedExit)
  /// A number this module does not know.
  case unknown(number: UInt32)

  /// The exit that a run page holds. `page` must have `size` readable and writable bytes, at least
  /// `SORTIE_RUN_SIZE`, and outlive the payload.
  @inlinable @inline(__always)
  public init(runPage page: UnsafeMutableRawPointer, size: Int) {
    let view = RunPage(base: page, size: size)
    let number = view.u32(SORTIE_RUN_EXIT_REASON)
    switch number {
    case 2: self = view.portIO()
    case 6: self = view.memoryIO()
    case 29: self = .readMSR(MSRExit(page: view))
    case 30: self = .writeMSR(MSRExit(page: view))
    case 5: self = .halt
    case 3: self = .hypercall(HypercallExit(page: view, isPAPR: false))
    case 10: self = .interrupt
    default: self = Exit.rare(number, view)
    }
  }

  @usableFromInline
  static func rare(_ number: UInt32, _ page: RunPage) -> Exit {
    switch number {
    case 0: .unknownHardware(reason: page.u64(SORTIE_HW_REASON))
    case 1: .exception(vector: page.u32(SORTIE_EX_EXCEPTION), errorCode: page.u32(SORTIE_EX_ERROR_CODE))
    case 4: .debug(DebugExit(page: page))
    case 7: .interruptWindowOpen
    case 8: .shutdown
    case 9: .failEntry(reason: page.u64(SORTIE_FAIL_ENTRY_REASON), cpu: page.u32(SORTIE_FAIL_ENTRY_CPU))
    case 11: .setTPR
    case 12: .tprAccess(rip: page.u64(SORTIE_TPR_RIP), isWrite: page.u32(SORTIE_TPR_IS_WRITE) != 0)
    case 16: .nmi
    case 17: .internalError(InternalErrorExit(page: page))
    case 24:
      .systemEvent(
        type: page.u32(SORTIE_SYSTEM_EVENT_TYPE),
        data: WordsExit(
          page: page, offset: SORTIE_SYSTEM_EVENT_DATA,
          count: min(16, Int(page.u32(SORTIE_SYSTEM_EVENT_NDATA)))))
    case 26: .ioapicEOI(vector: page.u8(SORTIE_EOI_VECTOR))
    case 27:
      .hyperV(
        type: page.u32(SORTIE_HYPERV_TYPE), data: WordsExit(page: page, offset: SORTIE_HYPERV_BODY, count: 6))
    case 31: .dirtyRingFull
    case 32: .apResetHold
    case 33: .busLock
    case 34: .xen(XenExit(page: page))
    case 37: .notify(flags: page.u32(SORTIE_NOTIFY_FLAGS))
    case 39:
      .memoryFault(
        flags: page.u64(SORTIE_MEMORY_FAULT_FLAGS), physicalAddress: page.u64(SORTIE_MEMORY_FAULT_GPA),
        size: page.u64(SORTIE_MEMORY_FAULT_SIZE))
    case 40: .tdx(TDXExit(page: page))
    case 43:
      .snpRequestCertificates(
        physicalAddress: page.u64(SORTIE_SNP_CERTS_GPA), pages: page.u64(SORTIE_SNP_CERTS_NPAGES))
    default: foreign(number, page)
    }
  }

  /// Exits of other architectures.
  private static func foreign(_ number: UInt32, _ page: RunPage) -> Exit {
    switch number {
    case 13:
      .s390SIEIC(
        code: page.u8(SORTIE_SIEIC_ICPTCODE), ipa: page.u16(SORTIE_SIEIC_IPA), ipb: page.u32(SORTIE_SIEIC_IPB)
      )
    case 14: .s390Reset(flags: page.u64(SORTIE_S390_RESET_FLAGS))
    case 15:
      .dcr(
        number: page.u32(SORTIE_DCR_NUMBER), data: page.u32(SORTIE_DCR_DATA),
        isWrite: page.u8(SORTIE_DCR_IS_WRITE) != 0)
    case 18: .osi(WordsExit(page: page, offset: SORTIE_OSI_GPRS, count: 32))
    case 19: .paprHypercall(HypercallExit(page: page, isPAPR: true))
    case 20: .s390UControl(code: page.u64(SORTIE_UCONTROL_CODE), programCode: page.u32(SORTIE_UCONTROL_PGM))
    case 21: .watchdog
    case 22: .s390TSCH(SubchannelExit(page: page))
    case 23: .epr(page.u32(SORTIE_EPR))
    case 25:
      .s390STSI(
        address: page.u64(SORTIE_STSI_ADDRESS), accessRegister: page.u8(SORTIE_STSI_AR),
        function: page.u8(SORTIE_STSI_FC), selector1: page.u8(SORTIE_STSI_SEL1),
        selector2: page.u16(SORTIE_STSI_SEL2))
    case 28: .armNISV(syndrome: page.u64(SORTIE_NISV_ESR_ISS), address: page.u64(SORTIE_NISV_FAULT_IPA))
    case 35: .riscvSBI(SBIExit(page: page))
    case 36:
      .riscvCSR(
        number: page.u64(SORTIE_CSR_NUMBER), newValue: page.u64(SORTIE_CSR_NEW_VALUE),
        writeMask: page.u64(SORTIE_CSR_WRITE_MASK))
    case 38: page.ioControlRegister()
    case 41:
      .armSEA(
        flags: page.u64(SORTIE_ARM_SEA_FLAGS), syndrome: page.u64(SORTIE_ARM_SEA_ESR),
        virtualAddress: page.u64(SORTIE_ARM_SEA_GVA), physicalAddress: page.u64(SORTIE_ARM_SEA_GPA))
    case 42: .armLDST64B(syndrome: page.u64(SORTIE_NISV_ESR_ISS), address: page.u64(SORTIE_NISV_FAULT_IPA))
    default: .unknown(number: number)
    }
  }
}
