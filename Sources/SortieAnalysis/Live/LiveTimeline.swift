import SortieTrace

/// One vCPU while it runs: the timeline of a trace's analysis, fed as events come, and what it measured when it was last
/// looked at.
final class LiveTimeline {
  let vm: UInt32
  let vcpu: UInt32
  /// Kernel id of the thread that runs it.
  private(set) var thread: UInt32

  private struct Counts {
    var exits: UInt64 = 0
    var light: UInt64 = 0
    var roundTrips: UInt64 = 0
    var kicks: UInt64 = 0
  }

  private let settings: Settings
  private var timeline: VCPUTimeline
  private var trips: SystemCallTrips
  /// Events that were not placed yet; sorted up to the first `sorted`.
  private var pending: [KernelEventRecord] = []
  private var isSorted = true
  /// Losses that reach beyond what was placed.
  private var losses: [ClosedRange<UInt64>] = []
  private var events: UInt64 = 0
  private var known = Counts()
  private var knownParts = TimeParts()
  /// It was looked at until then, host TSC; nil: nothing of it was seen.
  private var seenUntil: UInt64?

  /// What all timelines have in common.
  struct Settings {
    var tscKilohertz: UInt64?
    var hasSwitchStamps: Bool
    var hasThreadSwitches: Bool
    /// `kvm_exit` tells the exits.
    var reportsExits: Bool
  }

  /// Sites that are told apart: a guest that does not want to fill the table has some tens.
  private static let cellLimit = 512

  init(thread: UInt32, vm: UInt32, vcpu: UInt32, _ settings: Settings) {
    (self.thread, self.vm, self.vcpu, self.settings) = (thread, vm, vcpu, settings)
    (timeline, trips) = Self.begin(settings)
  }

  private static func begin(_ settings: Settings) -> (VCPUTimeline, SystemCallTrips) {
    var timeline = VCPUTimeline(
      clock: GuestClock([]), losses: LossMap([]), kernelLosses: LossMap([]),
      episodes: EpisodePairing(
        losses: LossMap([]), tscKilohertz: settings.tscKilohertz, hasSwitchStamps: settings.hasSwitchStamps,
        hasThreadSwitches: settings.hasThreadSwitches, account: nil, countsDetails: false),
      cellLimit: cellLimit, lightLimit: LightTable.mostRows, isAttached: true)
    timeline.endSpans()
    return (timeline, SystemCallTrips(losses: LossMap([]), isBrief: true))
  }

  /// Another thread runs the vCPU from now on.
  func change(thread: UInt32) {
    self.thread = thread
    restart()
  }

  /// Takes the next event of one CPU.
  @inline(__always)
  func add(_ event: KernelEventRecord) {
    if let last = pending.last, event.tsc < last.tsc { isSorted = false }
    pending.append(event)
  }

  func add(loss range: ClosedRange<UInt64>) {
    timeline.add(loss: range)
    trips.add(loss: range)
    losses.append(range)
  }

  /// Places the events before `end`: there are none that did not come yet.
  func advance(to end: UInt64) {
    if !isSorted { pending.sort { $0.tsc < $1.tsc } }
    isSorted = true
    losses.removeAll { $0.upperBound < end }
    let count = pending.partitioningIndex { $0.tsc >= end }
    guard count > 0 else { return }
    events &+= UInt64(count)
    timeline.add(trips.take(pending[..<count]))
    pending.removeFirst(count)
    _ = timeline.advance()
  }

  /// What it did since it was last asked, until `end`; its sites go into `table`.
  func takeInterval(until end: UInt64, into table: inout LiveSiteTable) -> LiveFigures {
    var figures = LiveFigures()
    figures.events = events
    events = 0
    guard let episodes = timeline.episodes else { return figures }
    let counts = Counts(
      exits: episodes.tally.exits.total &+ (episodes.hasOpenExit ? 1 : 0), light: episodes.tally.light,
      roundTrips: timeline.roundTrips, kicks: timeline.kicks)
    figures.kicks = counts.kicks &- known.kicks
    figures.heavy = counts.roundTrips &- known.roundTrips &- figures.kicks
    if settings.reportsExits {
      figures.exits = counts.exits &- known.exits
      figures.light = counts.light &- known.light
    }
    known = counts
    if let parts = episodes.parts(until: end, held: trips.held) {
      let start = seenUntil ?? min(timeline.time.first, end)
      figures.wall = end > start ? end - start : 0
      figures.parts = parts.since(knownParts)
      knownParts = parts
      seenUntil = end
    }
    timeline.takeSites {
      table.add($0, $1, $2, $3)
    } light: {
      table.add($0)
    }
    if isHalfFull { restart() }
    return figures
  }

  /// Adds what it did since this was last asked, until `end`, or with nil until its last event, to `aggregate`. `isLast`: it
  /// is not observed any more.
  func add(to aggregate: inout Aggregate, until end: UInt64?, isLast: Bool) {
    let isOver = isLast || isHalfFull
    if isLast { advance(to: .max) }
    // A vCPU that is asleep has no event then: its time is told before it is at its end.
    let passed = end.flatMap { end in
      timeline.episodes?.parts(until: end, held: trips.held).map { parts in
        (timeline.time(until: end, held: trips.held?.record), parts)
      }
    }
    if isOver { finish() }
    guard let episodes = timeline.episodes else { return }
    let (time, parts) = passed ?? (timeline.time, episodes.parts)
    if time.first > 0, time.last >= time.first {
      var sums = VCPUSums(timeline, time: time, parts: parts)
      // They are not told apart here.
      sums.foldedInstructions = 0
      aggregate.set(sums, vm: vm, vcpu: vcpu, time: time.first...time.last, isOver: isOver)
    }
    var stays = Distribution()
    timeline.takeSites(isLast: isOver) { key, cell, stages, switches in
      if key.kind != .kick { stays.add(cell.cycles) }
      aggregate.add(
        .roundTrips(key),
        SiteSums(
          cycles: cell.cycles,
          numbers: SiteSums.Numbers(
            count: cell.count, elements: cell.elements, stages: stages, switches: switches)), vm: vm)
    } light: { row in
      aggregate.add(
        .handled(row.key.map { LightSite($0) }),
        SiteSums(
          cycles: row.cycles,
          numbers: SiteSums.Numbers(count: row.cycles.count, stages: row.stages.episodes)), vm: vm)
    }
    aggregate.add(stays: stays, vm: vm, vcpu: vcpu)
    let exits = timeline.takeExits()
    if exits.heavy.count > 0 { aggregate.add(.heavy, SiteSums(cycles: exits.heavy), vm: vm) }
    for (reason, counts) in exits.reasons.counts {
      aggregate.add(.reason(reason), SiteSums(numbers: SiteSums.Numbers(exits: counts)), vm: vm)
    }
    if isOver { restart() }
  }

  /// What is open has no end, and nothing follows.
  private func finish() {
    timeline.add(trips.finish())
    timeline.endRoundTrips()
    timeline.endKernelEvents()
    _ = timeline.advance()
  }

  /// More sites are about to be met than are told apart.
  private var isHalfFull: Bool {
    timeline.table.cells.count > Self.cellLimit / 2 || timeline.light.rows.count > LightTable.mostRows / 2
  }

  /// Begins anew with the next event. Of an exit that has not ended nothing more is told.
  private func restart() {
    (timeline, trips) = Self.begin(settings)
    for loss in losses {
      timeline.add(loss: loss)
      trips.add(loss: loss)
    }
    (known, knownParts, seenUntil) = (Counts(), TimeParts(), nil)
  }
}

extension Array {
  /// The first index from which on `belongs` holds, where it holds for all behind one that it holds for.
  fileprivate func partitioningIndex(_ belongs: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
