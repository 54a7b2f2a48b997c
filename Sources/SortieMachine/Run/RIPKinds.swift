internal import CLinuxKVM
internal import SortieTrace

/// What RIP points at when `KVM_RUN` returns, where that is known.
///
/// Whatever still needs its answer (a read of a port, of memory or of an MSR) leaves RIP on the instruction. Of writes,
/// KVM's emulator completes a single one before it returns (arch/x86/kvm/x86.c, `x86_emulate_instruction`) and leaves
/// RIP behind it, but stays on a repeated one until its last element; the fast path of a hardware exit for OUT
/// (`kvm_fast_pio_out`) stays on it too. The exit does not tell these apart, so a write is of unknown kind.
enum RIPKinds {
  /// The flags for an exit, empty where RIP's meaning is not known.
  static func flags(of record: borrowing RoundTripRecord) -> RoundTripRecord.Flags {
    switch Int32(bitPattern: record.reason) {
    case KVM_EXIT_IO, KVM_EXIT_MMIO: record.flags.contains(.write) ? [] : .ripIsCurrent
    case KVM_EXIT_X86_RDMSR, KVM_EXIT_X86_WRMSR, KVM_EXIT_HYPERCALL: .ripIsCurrent
    case KVM_EXIT_HLT: .ripIsNext
    default: []
    }
  }
}
