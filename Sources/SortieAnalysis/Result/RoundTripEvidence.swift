/// What a trace tells of round trips to the machine monitor.
public enum RoundTripEvidence: Sendable {
  /// When each began and ended: stamps of the machine monitor, or system calls.
  case stamped
  /// That there was one, by `kvm_userspace_exit`, and not how long it was: light exits are told from heavy ones.
  case counted
  /// Nothing: an exit of an imported recording without `kvm_userspace_exit` may have been of either class.
  case unknown

  /// How many round trips there were is known.
  public var isCounted: Bool { self != .unknown }
  /// How long they were is known.
  public var isTimed: Bool { self == .stamped }
}
