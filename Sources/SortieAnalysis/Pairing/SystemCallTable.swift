import SortieTrace

/// System calls between round trips, by the site of the round trip and the call. Bounded whatever a trace says.
struct SystemCallTable {
  /// Calls of one kind.
  struct Cost {
    var count: UInt64 = 0
    /// Cycles.
    var cycles: UInt64 = 0
    /// Cycles.
    var longest: UInt64 = 0

    mutating func add(_ other: Cost) {
      count &+= other.count
      cycles = cycles.addingSaturated(other.cycles)
      longest = max(longest, other.longest)
    }
  }

  /// The round trips of one site.
  struct Site {
    var roundTrips: UInt64 = 0
    /// `u0..u1`, cycles.
    var cycles: UInt64 = 0
    /// What came when the table was full has no call.
    private(set) var calls: [SystemCall?: Cost] = [:]

    /// Calls that are told apart.
    private static let limit = 64

    /// In calls, cycles.
    var called: UInt64 { calls.values.reduce(0) { $0.addingSaturated($1.cycles) } }

    /// Adds a call that took so many cycles.
    mutating func add(_ call: SystemCall, cycles: UInt64) {
      add(Cost(count: 1, cycles: cycles, longest: cycles), call)
    }

    private mutating func add(_ cost: Cost, _ call: SystemCall?) {
      let isKept = calls.count < Self.limit || calls[call] != nil
      calls[isKept ? call : nil, default: Cost()].add(cost)
    }

    mutating func add(_ other: Site) {
      roundTrips &+= other.roundTrips
      cycles = cycles.addingSaturated(other.cycles)
      for (call, cost) in other.calls { add(cost, call) }
    }
  }

  /// By site; what came when the table was full is of ``SiteKey/folded``.
  private(set) var sites: [SiteKey: Site] = [:]

  /// Sites that are told apart.
  private static let limit = 256

  /// Adds a round trip that took so many cycles, and the calls in it.
  mutating func add(_ site: SiteKey, cycles: UInt64, _ calls: Site) {
    var trip = calls
    trip.roundTrips = 1
    trip.cycles = cycles
    add(trip, site)
  }

  mutating func add(_ other: SystemCallTable) {
    for (site, sums) in other.sites { add(sums, site) }
  }

  private mutating func add(_ sums: Site, _ site: SiteKey) {
    let isKept = sites.count < Self.limit || sites[site] != nil
    sites[isKept ? site : .folded, default: Site()].add(sums)
  }
}
