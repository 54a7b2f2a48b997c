import SortieTrace

/// Puts the round trips of one vCPU into the guest spans around them, both in order of time, neither held in memory.
///
/// Use: before each round trip, while ``needsSpan(before:)``, give the next span; then give the round trip.
struct SpanPairing {
  private(set) var tally = PairingTally()
  /// `g1 - g0` of spans with round trips inside.
  private(set) var withRoundTrips = Distribution()
  /// `g1 - g0` of spans with none.
  private(set) var without = Distribution()
  /// The split of all spans with round trips.
  private(set) var split = SpanSplit()
  /// What they are made of, by length.
  private(set) var bands = CompositionBands()
  /// The split of spans whose round trips are all of one site, by site; sites from ``splitSites`` on have none.
  private(set) var siteSplits: [SpanSplit] = []
  /// Round trips that began before their predecessor ended.
  private(set) var inversions: UInt64 = 0
  /// The stages of spans, where the kernel's exits are known.
  private(set) var stages = OperationStages()

  /// The longest of those with round trips inside.
  private(set) var longestWith = LongestList()
  /// The longest of those with none.
  private(set) var longestWithout = LongestList()

  /// Where events of the kernel may be missing; nil while no entry or exit was seen.
  private var kernelLosses: LossMap?
  private var open: OpenSpan?
  private var spansEnded = false
  private var coveredSince: UInt64?
  private var lastU0: UInt64 = 0
  private var lastU1: UInt64 = 0
  private var lastSpanEnd: UInt64 = 0
  private var clock: GuestClock
  private var losses: LossMap
  /// Where switches of the thread may be missing; nil where none are recorded.
  private var scheduleLosses: LossMap?
  private var roundTripsEnded = false

  /// Sites that get a split of their own: it bounds memory.
  static let splitSites = 256

  init(clock: GuestClock, losses: LossMap, scheduleLosses: LossMap? = nil) {
    self.clock = clock
    self.losses = losses
    self.scheduleLosses = scheduleLosses
  }

  /// Events are missing in `range`, as became known only now.
  mutating func add(loss range: ClosedRange<UInt64>) {
    losses.add(range)
    scheduleLosses?.add(range)
    kernelLosses?.add(range)
  }

  /// The vCPU entered the guest for the first time, host TSC.
  mutating func firstEntry(at tsc: UInt64) {
    if coveredSince == nil { coveredSince = tsc }
    lastU0 = max(lastU0, tsc)
    lastU1 = max(lastU1, tsc)
  }

  /// Whether the next span must be known before a round trip that begins at `u0` can be placed.
  mutating func needsSpan(before u0: UInt64) -> Bool {
    if let span = open, span.end <= u0 { close(span) }
    return open == nil && !spansEnded
  }

  /// Whether a guest span holds the time from `start` to `end`. Precondition: ``needsSpan(before:)`` said no.
  func holds(_ start: UInt64, _ end: UInt64) -> Bool {
    open.map { start >= $0.start && end >= start && end <= $0.end } ?? false
  }

  /// The next span in order of time.
  mutating func add(_ record: GuestSpanRecord) {
    if let span = open { close(span) }
    guard let start = clock.hostTime(record.g0), let end = clock.hostTime(record.g1) else {
      tally.spansUnaligned += 1
      return
    }
    guard start <= end, start >= lastSpanEnd else {
      tally.spansInverted += 1
      return
    }
    lastSpanEnd = end
    var span = OpenSpan(start: start, end: end)
    // A round trip that was placed already reaches into this span: the guest did not run then.
    if start < lastU1, end > lastU0 { span.fault = .crossing }
    if roundTripsEnded { span.fault = span.fault ?? .uncovered }
    open = span
  }

  /// The guest stream has ended.
  mutating func endOfSpans() { spansEnded = true }

  /// A round trip. Precondition: ``needsSpan(before:)`` said no. `u1` is 0 for the last of a vCPU.
  mutating func add(u0: UInt64, u1: UInt64, device: UInt64 = 0, site: Int, isKick: Bool) {
    let end = u1 == 0 ? u0 : u1
    if coveredSince == nil { coveredSince = u0 }
    guard u0 >= lastU1, end >= u0 else {
      inversions += 1
      tally.roundTripsUnpaired += 1
      if open.map({ $0.start < max(end, lastU1) && u0 < $0.end }) == true { open?.fault = .crossing }
      return
    }
    lastU0 = u0
    lastU1 = end
    guard let span = open, end > span.start || u0 >= span.start else {
      tally.roundTripsOutside += 1
      return
    }
    guard u0 >= span.start, end <= span.end, u1 != 0 else {
      open?.fault = .crossing
      tally.roundTripsUnpaired += 1
      return
    }
    if isKick { open?.kicks += 1 }
    open?.add(u0: u0, u1: u1, device: device, site: site)
  }

  /// The kernel reports entries and exits of this vCPU; where it may have missed some.
  mutating func kernelReports(losses: LossMap) {
    if kernelLosses == nil { kernelLosses = losses }
  }

  /// The guest exited at `k0`. Precondition: ``needsSpan(before:)`` said no.
  mutating func exit(at k0: UInt64) {
    if let span = open, k0 >= span.start { open?.episodes.exit() }
  }

  /// An episode has ended, whose ``exit(at:)`` was told.
  mutating func add(_ episode: Episode, row: EpisodeRow?) {
    guard let span = open, episode.k2 > span.start else { return }
    guard episode.k0 >= span.start, episode.k2 <= span.end else {
      open?.episodes.spoil()
      return
    }
    open?.episodes.add(episode, row: row, spanStart: span.start)
  }

  /// The guest was entered at `k2` without an exit before.
  mutating func entry(at k2: UInt64) {
    if let span = open, k2 >= span.start, k2 <= span.end { open?.episodes.spoil() }
  }

  /// The thread is back on the CPU. Precondition: ``needsSpan(before:)`` said no.
  mutating func add(_ absence: Absence) { open?.add(absence) }

  /// A halt ended for which the thread polled so many cycles. Precondition: ``needsSpan(before:)`` said no.
  mutating func polled(_ cycles: UInt64) { open?.blocked &+= cycles }

  /// The `vmm` stream has ended: the span which is still open, and those to come, are beyond what it covers.
  mutating func endOfRoundTrips() {
    roundTripsEnded = true
    if let span = open { open?.fault = span.fault ?? .uncovered }
  }

  /// Both streams have ended.
  mutating func finish() {
    if let span = open { close(span) }
  }

  private mutating func close(_ span: OpenSpan) {
    open = nil
    if let fault = span.fault ?? self.fault(of: span) {
      tally.count(fault)
      tally.roundTripsUnpaired += span.roundTrips
      return
    }
    guard span.kicks == 0 else {
      tally.spansKicked += 1
      tally.roundTripsUnpaired += span.roundTrips
      return
    }
    if let kernelLosses {
      stages.record(span, isLost: kernelLosses.overlaps(span.start, span.end))
    }
    guard span.roundTrips > 0 else {
      tally.spansWithout += 1
      without.record(span.end - span.start)
      keep(span, in: &longestWithout)
      return
    }
    tally.spansWithRoundTrips += 1
    tally.roundTripsPaired += span.roundTrips
    withRoundTrips.record(span.end - span.start)
    split.record(span)
    bands.record(span)
    keep(span, in: &longestWith)
    guard span.isOneSite, let site = span.site, site < Self.splitSites else { return }
    while siteSplits.count <= site { siteSplits.append(SpanSplit()) }
    siteSplits[site].record(span)
  }

  private func keep(_ span: OpenSpan, in list: inout LongestList) {
    guard list.takes(span.end - span.start) else { return }
    let isKnown = scheduleLosses.map { !$0.overlaps(span.start, span.end) } ?? false
    list.add(LongStretch(span, isScheduleKnown: isKnown))
  }

  private func fault(of span: OpenSpan) -> SpanFault? {
    guard let coveredSince, span.start >= coveredSince else { return .uncovered }
    return losses.overlaps(span.start, span.end) ? .lost : nil
  }
}
