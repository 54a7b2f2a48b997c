internal import CLinuxKVM
internal import SortieTrace

/// What RIP points at when `KVM_RUN` returns.
///
/// KVM's emulator completes an OUT or an MMIO write before it returns (arch/x86/kvm/x86.c,
/// `x86_emulate_instruction`: write-back unless an MMIO read or a port read is pending) and leaves RIP on the
/// instruction for whatever still needs its answer. Hardware exits for OUT and RDMSR/WRMSR take the fast path and skip
/// the instruction on the next entry. An OUT under an emulating KVM is behind the instruction, but an element of
/// `rep outs` is on it, and the exit does not tell the two apart: that one stays unknown.
struct RIPKinds {
  /// KVM interprets the guest's instructions.
  let emulated: Bool

  /// The flags for an exit, empty where RIP's meaning is not known.
  func flags(of record: borrowing RoundTripRecord) -> RoundTripRecord.Flags {
    let isWrite = record.flags.contains(.write)
    switch Int32(bitPattern: record.reason) {
    case KVM_EXIT_IO: return isWrite && emulated ? [] : .ripIsCurrent
    case KVM_EXIT_MMIO: return isWrite ? .ripIsNext : .ripIsCurrent
    case KVM_EXIT_X86_RDMSR, KVM_EXIT_X86_WRMSR, KVM_EXIT_HYPERCALL: return .ripIsCurrent
    case KVM_EXIT_HLT: return .ripIsNext
    default: return []
    }
  }
}
