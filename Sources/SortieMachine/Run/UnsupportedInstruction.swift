/// An instruction that some hosts' KVM re-executes for ever instead of failing.
public enum UnsupportedInstruction: Sendable, Equatable, CaseIterable {
  /// `0F 01 C1`, Intel SDM volume 3, VMCALL.
  case vmcall
  /// `0F 01 D9`, AMD64 APM volume 3, VMMCALL.
  case vmmcall

  /// As assemblers write it.
  public var mnemonic: String {
    switch self {
    case .vmcall: "vmcall"
    case .vmmcall: "vmmcall"
    }
  }

  /// The instruction that `bytes` start with, if it is one of these.
  init?(_ bytes: (UInt8, UInt8, UInt8)) {
    switch bytes {
    case (0x0f, 0x01, 0xc1): self = .vmcall
    case (0x0f, 0x01, 0xd9): self = .vmmcall
    default: return nil
    }
  }
}
