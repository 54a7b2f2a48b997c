/// What became of every guest span and every round trip of the pairing. Each is counted exactly once.
public struct PairingTally: Sendable, Equatable {
  /// Spans with round trips inside, all of them caused by the guest.
  public var spansWithRoundTrips: UInt64 = 0
  /// Spans with no round trip inside.
  public var spansWithout: UInt64 = 0
  /// Spans with a kick inside: kept out of the costs.
  public var spansKicked: UInt64 = 0
  /// Spans that overlap a range in which events are missing.
  public var spansLost: UInt64 = 0
  /// Spans outside the time that the vCPU's `vmm` stream covers.
  public var spansUncovered: UInt64 = 0
  /// Spans that a round trip crosses.
  public var spansCrossing: UInt64 = 0
  /// Spans whose stamps are out of order.
  public var spansInverted: UInt64 = 0
  /// Spans whose clock nothing aligns with the host's.
  public var spansUnaligned: UInt64 = 0
  /// Round trips inside a span that was paired.
  public var roundTripsPaired: UInt64 = 0
  /// Round trips outside every span.
  public var roundTripsOutside: UInt64 = 0
  /// Round trips inside or across a span that was not paired, or out of order themselves.
  public var roundTripsUnpaired: UInt64 = 0

  /// A tally of nothing.
  public init() {}

  /// All guest spans.
  public var spans: UInt64 {
    spansWithRoundTrips + spansWithout + spansKicked + spansLost + spansUncovered + spansCrossing
      + spansInverted
      + spansUnaligned
  }

  /// All round trips.
  public var roundTrips: UInt64 { roundTripsPaired + roundTripsOutside + roundTripsUnpaired }

  mutating func count(_ fault: SpanFault) {
    switch fault {
    case .inverted: spansInverted += 1
    case .unaligned: spansUnaligned += 1
    case .uncovered: spansUncovered += 1
    case .lost: spansLost += 1
    case .crossing: spansCrossing += 1
    }
  }

  mutating func add(_ other: PairingTally) {
    spansWithRoundTrips += other.spansWithRoundTrips
    spansWithout += other.spansWithout
    spansKicked += other.spansKicked
    spansLost += other.spansLost
    spansUncovered += other.spansUncovered
    spansCrossing += other.spansCrossing
    spansInverted += other.spansInverted
    spansUnaligned += other.spansUnaligned
    roundTripsPaired += other.roundTripsPaired
    roundTripsOutside += other.roundTripsOutside
    roundTripsUnpaired += other.roundTripsUnpaired
  }
}
