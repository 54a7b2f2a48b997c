/// Episodes of one kind.
struct EpisodeCount {
  private(set) var count: UInt64 = 0
  /// Exit to re-entry on the CPU, summed, cycles.
  private(set) var cycles: UInt64 = 0

  mutating func add(_ episode: Episode) {
    count &+= 1
    cycles &+= episode.stages.kernel
  }
}

/// The episodes inside one guest span while they are put into it.
struct SpanEpisodes {
  private(set) var count = 0
  private(set) var roundTrips: UInt64 = 0
  private(set) var stages = StageCycles()
  /// The row of its only episode.
  private(set) var row: EpisodeRow?
  /// Exits for interrupts of the host, and their cycles to the re-entry on the CPU.
  private(set) var interrupts = EpisodeCount()
  /// Light exits for page faults of the second level.
  private(set) var faults = EpisodeCount()
  /// Light exits for anything but interrupts of the host.
  private(set) var light: UInt64 = 0
  /// Stamps of it are known to be missing, or stand where they cannot.
  private(set) var isBroken = false
  private var lastK2: UInt64 = 0
  private var hasOpenExit = false

  /// A `kvm_exit` lies inside.
  mutating func exit() {
    if hasOpenExit { isBroken = true }
    hasOpenExit = true
  }

  /// An entry without an exit lies inside, or an episode only in part.
  mutating func spoil() { isBroken = true }

  /// An episode lies inside a span that begins at `start`.
  mutating func add(_ episode: Episode, row: EpisodeRow?, spanStart start: UInt64) {
    hasOpenExit = false
    if episode.isLight {
      if episode.key.reason.isHostInterrupt { interrupts.add(episode) } else { light += 1 }
      if episode.key.reason.isPageFault { faults.add(episode) }
    }
    guard episode.isWhole, episode.before.isWhole else {
      isBroken = true
      return
    }
    let since = count == 0 ? start : lastK2
    let away = episode.before.blocked &+ episode.before.off
    if let left = episode.before.firstLeft, left < since { isBroken = true }
    guard episode.k0 >= since, away <= episode.k0 - since else {
      isBroken = true
      return
    }
    let way = episode.k0 - since - away
    if count == 0 { stages.exitPath = way } else { stages.guest &+= way }
    stages.blocked &+= episode.before.blocked
    stages.offCPU &+= episode.before.off
    stages.add(episode.stages)
    self.row = count == 0 ? row : nil
    count += 1
    roundTrips &+= episode.roundTrips
    lastK2 = episode.k2
  }

  /// The stages of a span with these ends; nil where they are not known.
  func finished(end: UInt64, roundTrips: UInt64) -> StageCycles? {
    guard count > 0, !isBroken, !hasOpenExit, self.roundTrips == roundTrips, end >= lastK2 else { return nil }
    var stages = stages
    stages.entryPath = end - lastK2
    return stages
  }
}

/// Where an episode is counted.
enum EpisodeRow {
  /// The site of its round trips, an index into the cell table's sites.
  case heavy(Int)
  /// A row of the light table.
  case light(Int)
}

/// What became of guest spans that round trips left unharmed, where the kernel's exits are known.
public struct StageTally: Sendable, Equatable {
  /// With episodes inside, all of their stages known.
  public var staged: UInt64 = 0
  /// With no exit inside.
  public var withoutExit: UInt64 = 0
  /// With events of the kernel missing, or in no order that could be.
  public var unstaged: UInt64 = 0
  /// Exits inside those whose stages are known which the kernel handled, interrupts of the host apart.
  public var lightExits: UInt64 = 0

  /// A tally of nothing.
  public init() {}

  mutating func add(_ other: StageTally) {
    staged &+= other.staged
    withoutExit &+= other.withoutExit
    unstaged &+= other.unstaged
    lightExits &+= other.lightExits
  }
}

/// The stages of the operations of one vCPU.
struct OperationStages {
  private(set) var tally = StageTally()
  /// By the site of the only episode, where that was heavy; sites from ``SpanPairing/splitSites`` on have none.
  private(set) var heavy: [StageSums] = []
  /// By the light table's row of the only episode.
  private(set) var light: [StageSums] = []
  /// What operations with a round trip inside are made of, by length.
  private(set) var withRoundTrips = StageBands()
  /// What operations whose exits were all light are made of, by length.
  private(set) var without = StageBands()

  /// A span that was paired with its round trips, if it has any, and its episodes.
  mutating func record(_ span: OpenSpan, isLost: Bool) {
    guard !isLost, !span.episodes.isBroken else {
      tally.unstaged += 1
      return
    }
    guard let stages = span.episodes.finished(end: span.end, roundTrips: span.roundTrips) else {
      if span.episodes.count == 0, span.roundTrips == 0 {
        tally.withoutExit += 1
      } else {
        tally.unstaged += 1
      }
      return
    }
    tally.staged += 1
    tally.lightExits &+= span.episodes.light
    let length = span.end - span.start
    if span.roundTrips > 0 {
      withRoundTrips.record(stages, length: length)
    } else {
      without.record(stages, length: length)
    }
    switch span.episodes.row {
    case .heavy(let site) where site < SpanPairing.splitSites:
      Self.record(stages, at: site, in: &heavy)
    case .light(let row):
      Self.record(stages, at: row, in: &light)
    default: break
    }
  }

  private static func record(_ stages: StageCycles, at index: Int, in sums: inout [StageSums]) {
    while sums.count <= index { sums.append(StageSums()) }
    sums[index].record(stages)
  }
}
