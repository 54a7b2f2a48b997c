import SortieTrace

/// What the stamps of a trace count, and so all of its durations.
public enum StampUnit: String, Sendable {
  /// Cycles of the host's TSC.
  case cycles
  /// Nanoseconds of the clock that an imported recording was made with.
  case nanoseconds = "ns"

  /// How often it is counted in a millisecond, where that does not depend on the host.
  var perMillisecond: UInt64? { self == .nanoseconds ? 1_000_000 : nil }

  /// The unit of a clock of the host; nil of other clocks.
  init?(_ clock: StreamClock?) {
    switch clock {
    case .hostTSC: self = .cycles
    case .monotonic, .nanoseconds: self = .nanoseconds
    case .guestTSC, nil: return nil
    }
  }
}
