public import SortieTrace

/// What a reported RIP points at.
public enum RIPKind: String, Sendable {
  /// The recorder could not tell.
  case unknown
  /// The instruction that exited.
  case current
  /// Behind it.
  case next

  /// What the flags of a round trip say.
  public init(_ flags: RoundTripRecord.Flags) {
    self = flags.contains(.ripIsNext) ? .next : flags.contains(.ripIsCurrent) ? .current : .unknown
  }
}
