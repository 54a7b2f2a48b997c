/// The register classes that KVM can exchange through the run page instead of an ioctl (KVM_CAP_SYNC_REGS).
public struct SyncRegisterSets: OptionSet, Hashable, Sendable {
  /// The kernel's bits.
  public let rawValue: UInt64

  /// The classes with these bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// General registers, RIP and RFLAGS.
  public static let general = SyncRegisterSets(rawValue: 1)
  /// Segments, descriptor tables, control registers, EFER, APIC base.
  public static let special = SyncRegisterSets(rawValue: 2)
  /// Pending events.
  public static let events = SyncRegisterSets(rawValue: 4)
}
