public import SortieKVM
internal import SystemPackage

/// Why a vCPU stopped.
public enum RunEnd: Sendable, Equatable {
  /// The guest wrote to the debug exit port; the status as its parent process would see it, `(value << 1) | 1`.
  case debugExit(status: UInt32)
  /// The guest reset the machine.
  case reset
  /// The guest turned the machine off.
  case powerOff
  /// Another vCPU, a time limit or a signal stopped the machine.
  case stopped
  /// KVM_EXIT_SHUTDOWN: an exception while a double fault was delivered.
  case tripleFault
  /// KVM_EXIT_HLT: halted for good.
  case halted
  /// KVM_EXIT_SYSTEM_EVENT.
  case systemEvent(type: UInt32)
  /// KVM_EXIT_FAIL_ENTRY: the processor refused the guest's state.
  case entryFailed(hardwareReason: UInt64)
  /// KVM_EXIT_INTERNAL_ERROR, and the bytes of the instruction where KVM gives them.
  case internalError(suberror: UInt32, instruction: [UInt8])
  /// An exit this machine does not handle.
  case unhandled(ExitReason)
  /// The coalesced ring shared with KVM holds indices or lengths that KVM does not write.
  case coalescedRingCorrupt
  /// `KVM_RUN` failed.
  case runFailed(errno: Int32)
  /// The vCPU loops on an instruction that this host's KVM cannot execute.
  case unsupported(UnsupportedInstruction)

  /// Whether the guest itself asked for this end.
  public var isOrderly: Bool {
    switch self {
    case .debugExit, .reset, .powerOff, .stopped, .halted: true
    case .systemEvent, .tripleFault, .entryFailed, .internalError, .unhandled, .coalescedRingCorrupt,
      .runFailed,
      .unsupported:
      false
    }
  }
}

extension RunEnd: CustomStringConvertible {
  /// A phrase for people, without the RIP.
  public var description: String {
    switch self {
    case .debugExit(let status): "the guest ended with status \(status)"
    case .reset: "the guest reset the machine"
    case .powerOff: "the guest turned the machine off"
    case .stopped: "stopped"
    case .tripleFault: "triple fault: an exception while a double fault was delivered (KVM_EXIT_SHUTDOWN)"
    case .halted: "halted with nothing to wake it (KVM_EXIT_HLT)"
    case .systemEvent(let type): "system event \(type) (KVM_EXIT_SYSTEM_EVENT)"
    case .entryFailed(let reason):
      "the processor refused the guest's state, hardware reason 0x\(String(reason, radix: 16)) (KVM_EXIT_FAIL_ENTRY)"
    case .internalError(1, let instruction):
      "KVM could not emulate an instruction (KVM_INTERNAL_ERROR_EMULATION"
        + (instruction.isEmpty
          ? "" : "; its bytes: " + instruction.map(Self.hexadecimal).joined(separator: " ")) + ")"
    case .internalError(let suberror, _): "KVM_EXIT_INTERNAL_ERROR, suberror \(suberror)"
    case .unhandled(let reason): "an exit this machine does not handle (\(reason))"
    case .coalescedRingCorrupt: "the coalesced ring shared with KVM is corrupt"
    case .runFailed(let errno): "KVM_RUN failed: \(Errno(rawValue: errno))"
    case .unsupported(let instruction): "this host's KVM cannot execute \(instruction.mnemonic)"
    }
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
}
