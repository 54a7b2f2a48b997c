/// KVM_RUN_X86_*: the guest's state at an exit, as `kvm_run.flags` has it.
@frozen
public struct RunFlags: OptionSet, Hashable, Sendable {
  /// The kernel's bits.
  public let rawValue: UInt16

  /// The flags with these bits.
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// In system management mode.
  @inlinable public static var systemManagement: RunFlags { RunFlags(rawValue: 1) }
  /// The exit came with a bus lock.
  @inlinable public static var busLock: RunFlags { RunFlags(rawValue: 2) }
  /// A nested guest ran (with KVM_CAP_X86_GUEST_MODE).
  @inlinable public static var nestedGuest: RunFlags { RunFlags(rawValue: 4) }
}
