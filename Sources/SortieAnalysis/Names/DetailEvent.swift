import SortieTrace

/// Tracepoints that say more of what KVM does for a guest; recorded where details were asked for.
public enum DetailEvent: String, Hashable, Sendable, CaseIterable {
  /// An access to I/O ports that KVM emulates or hands over.
  case port = "kvm_pio"
  /// An emulated access to memory.
  case memory = "kvm_mmio"
  /// An access to a model-specific register.
  case msr = "kvm_msr"
  /// An access to a register of the local APIC.
  case apic = "kvm_apic"
  /// `CPUID`.
  case leaf = "kvm_cpuid"
  /// A hypercall.
  case hypercall = "kvm_hypercall"
  /// A page fault of the guest's that KVM takes.
  case pageFault = "kvm_page_fault"
  /// The guest ended an interrupt.
  case endOfInterrupt = "kvm_eoi"
  /// KVM injects an interrupt.
  case injection = "kvm_inj_virq"
  /// KVM emulates an instruction.
  case emulation = "kvm_emulate_insn"
}

extension ExitDetail {
  /// What an event says; its fields are where FORMAT.md, section 12, puts them.
  init(_ event: DetailEvent, _ fields: borrowing KernelEventFields) {
    let (address, flags) = (fields.value(.address), fields.value(.flags))
    let (isWrite, isSecond) = (flags & 1 != 0, flags & 2 != 0)
    switch event {
    case .port:
      self = .port(
        UInt16(truncatingIfNeeded: address), size: UInt8(truncatingIfNeeded: fields.value(.size)),
        isWrite: isWrite, isString: fields.value(.count) > 1)
    case .memory:
      self = .memory(
        address, size: UInt32(truncatingIfNeeded: fields.value(.size)), isWrite: isWrite,
        isOpen: isSecond)
    case .msr:
      self = .msr(index: UInt32(truncatingIfNeeded: address), isWrite: isWrite, isRefused: isSecond)
    case .apic: self = .apic(address, isWrite: isWrite)
    case .leaf: self = .leaf(UInt32(truncatingIfNeeded: address))
    case .hypercall: self = .hypercall(address)
    case .pageFault: self = .pageFault(fields.value(.errorCode))
    case .endOfInterrupt: self = .vector(Int64(bitPattern: address))
    case .injection:
      self = .injected(
        UInt32(truncatingIfNeeded: address), isSoftware: isSecond, isAgain: flags & 4 != 0)
    case .emulation: self = .emulation(hasFailed: isSecond)
    }
  }
}
