import SortieTrace

/// One vCPU: takes its round trips, its guest spans and the kernel's events on its thread block by block and measures as
/// it goes.
///
/// Use: until ``advance()`` says `.finished`, give it what it asks for. No more than one block of each stream is held.
struct VCPUTimeline {
  /// What the timeline cannot go on without.
  enum Need {
    /// The next block of round trips, or ``endRoundTrips()``.
    case roundTrips
    /// The next block of spans, or ``endSpans()``.
    case spans
    /// The next events of the kernel, or ``endKernelEvents()``.
    case kernelEvents
    /// Nothing: all streams have ended.
    case finished
  }

  private(set) var table: CellTable
  private(set) var pairing: SpanPairing
  private(set) var time = VCPUTime()
  /// Returns of `KVM_RUN`, kicks included.
  private(set) var roundTrips: UInt64 = 0
  private(set) var kicks: UInt64 = 0
  /// Writes that KVM batched; no round trip of their own.
  private(set) var coalesced: UInt64 = 0
  /// Round trips of the guest whose reason this version does not know.
  private(set) var unknownReasons: UInt64 = 0
  /// Round trips without `u0`.
  private(set) var unstamped: UInt64 = 0
  /// The kernel's side; nil where the trace has no events of the kernel.
  private(set) var episodes: EpisodePairing?
  /// Exits that the kernel handled itself.
  private(set) var light: LightTable
  /// Stages of the sites of heavy episodes.
  private(set) var siteStages: [StageSums] = []
  /// Switches to user space and back, by site.
  private(set) var siteSwitches: [SwitchSums] = []

  /// What filters left out.
  private(set) var leftOut: (events: UInt64, operations: UInt64) = (0, 0)

  /// The longest stays in the VMM, by site.
  var stays: [LongestList] { episodes?.stays ?? unscheduledStays }
  /// The same, where no event of the kernel tells what happened then.
  private var unscheduledStays: [LongestList] = []
  /// `k0..k2` of heavy episodes, kicks not counted.
  private(set) var heavyEpisodes = Distribution()

  private var losses: LossMap
  private var batch: [RoundTripRecord] = []
  private var position = 0
  private var roundTripsEnded = false
  private var spanBatch: [GuestSpanRecord] = []
  private var spanPosition = 0
  private var spansEnded = false
  private var kernelBatch: [KernelEventRecord] = []
  private var kernelPosition = 0
  private var kernelEnded = false
  private var kernelLosses: LossMap
  private var hasBegun = false
  /// The last `u1`; nil while it is not known.
  private var lastEntry: UInt64?
  /// The thread was recorded from outside: its first event and its last are anywhere.
  private let isAttached: Bool
  private let trips: RoundTripEvidence
  /// Which round trips and episodes are measured by site; all are paired, and counted together.
  private let scope: SiteScope
  private var counter = TripCounter()
  /// The last round trip of an episode, of those that are only counted.
  private var countedCell = 0
  /// There is no round trip before this that was not given yet.
  private var clearUntil: UInt64 = 0
  /// `u0` of a round trip that recording ended in.
  private var openStay: UInt64?

  /// A timeline; `episodes` nil: there will be no events of the kernel.
  init(
    clock: GuestClock, losses: LossMap, kernelLosses: LossMap, episodes: EpisodePairing?, cellLimit: Int,
    lightLimit: Int, scope: SiteScope = .wholeRuns, isAttached: Bool = false,
    trips: RoundTripEvidence = .stamped
  ) {
    self.scope = scope
    self.isAttached = isAttached
    self.trips = trips
    table = CellTable(limit: cellLimit)
    light = LightTable(limit: lightLimit)
    pairing = SpanPairing(
      clock: clock, losses: losses,
      scheduleLosses: episodes?.hasThreadSwitches == true ? kernelLosses : nil)
    self.losses = losses
    self.kernelLosses = kernelLosses
    self.episodes = episodes
    kernelEnded = episodes == nil
  }

  mutating func add(_ block: [RoundTripRecord]) {
    batch = block
    position = 0
  }

  mutating func add(_ block: [GuestSpanRecord]) {
    spanBatch = block
    spanPosition = 0
  }

  mutating func add(_ batch: [KernelEventRecord]) {
    kernelBatch = batch
    kernelPosition = 0
  }

  /// Events and round trips of a thread that was recorded from outside, behind what it still has of either.
  mutating func add(_ chunk: SystemCallTrips.Chunk) {
    kernelBatch.removeFirst(kernelPosition)
    kernelBatch += chunk.events
    kernelPosition = 0
    batch.removeFirst(position)
    batch += chunk.roundTrips
    position = 0
    clearUntil = chunk.end
  }

  /// Events are missing in `range`, as became known only now.
  mutating func add(loss range: ClosedRange<UInt64>) {
    losses.add(range)
    kernelLosses.add(range)
    pairing.add(loss: range)
    episodes?.add(loss: range)
  }

  /// Hands over what was measured of each site since this was last asked, and begins it anew. Stages of round trips that were
  /// handed over before come with the next ones of their site, but at the end, `isLast`, alone.
  mutating func takeSites(
    isLast: Bool = false, heavy: (SiteKey, Cell, StageSums, SwitchSums) -> Void,
    light lightRow: (LightTable.Row) -> Void
  ) {
    for index in table.cells.indices where table.cells[index].count > 0 || isLast {
      let site = table.cells[index].site
      heavy(
        table.sites[site], table.cells[index].take(),
        site < siteStages.count ? siteStages[site] : StageSums(),
        site < siteSwitches.count ? siteSwitches[site] : SwitchSums())
      if site < siteStages.count { siteStages[site] = StageSums() }
      if site < siteSwitches.count { siteSwitches[site] = SwitchSums() }
    }
    light.takeRows(lightRow)
  }

  /// Hands over the durations of heavy episodes, and all exits by reason, since this was last asked.
  mutating func takeExits() -> (heavy: Distribution, reasons: ExitReasonTable) {
    defer { heavyEpisodes = Distribution() }
    return (heavyEpisodes, episodes?.takeReasons() ?? ExitReasonTable())
  }

  /// Where the time went until `tsc`, in the middle of it. `held`: a round trip that was not given yet.
  func time(until tsc: UInt64, held: RoundTripRecord?) -> VCPUTime {
    var time = time
    guard hasBegun, tsc > time.last else { return time }
    var end = lastEntry
    if let held, held.u0 <= tsc {
      if let lastEntry, held.u0 >= lastEntry, !losses.overlaps(lastEntry, held.u0) {
        time.kvmRun &+= held.u0 - lastEntry
      }
      let left = held.u1 >= held.u0 ? min(held.u1, tsc) : tsc
      time.vmm &+= left - held.u0
      end = left == tsc ? nil : left
    }
    if let end, end <= tsc, !losses.overlaps(end, tsc) { time.kvmRun &+= tsc - end }
    time.last = tsc
    return time
  }

  mutating func endKernelEvents() { kernelEnded = true }

  mutating func endRoundTrips() {
    roundTripsEnded = true
    pairing.endOfRoundTrips()
  }

  mutating func endSpans() {
    spansEnded = true
    pairing.endOfSpans()
  }

  /// Goes on as far as what it was given allows.
  mutating func advance() -> Need {
    while true {
      if position == batch.count, !roundTripsEnded, !isNextEventClear { return .roundTrips }
      if kernelPosition == kernelBatch.count, !kernelEnded { return .kernelEvents }
      if kernelPosition < kernelBatch.count, isKernelNext {
        guard place(kernelBatch[kernelPosition]) else { return .spans }
        kernelPosition += 1
      } else if position < batch.count {
        guard place(batch[position]) else { return .spans }
        position += 1
      } else {
        break
      }
    }
    while spanPosition < spanBatch.count { addSpan() }
    guard spansEnded else { return .spans }
    pairing.finish()
    if isAttached { endAttached() }
    episodes?.finish()
    return .finished
  }

  /// Whether the next event of the kernel can be placed without knowing the next round trip.
  private var isNextEventClear: Bool {
    kernelPosition < kernelBatch.count && kernelBatch[kernelPosition].tsc <= clearUntil
  }

  /// Recording ended somewhere, and the thread went on.
  private mutating func endAttached() {
    guard hasBegun, let episodes, episodes.last > time.last else { return }
    time.last = episodes.last
    // Which of it was in the VMM is not known.
    guard trips.isTimed else { return }
    if let openStay, time.last >= openStay {
      time.vmm &+= time.last - openStay
    } else if let lastEntry, time.last >= lastEntry, !losses.overlaps(lastEntry, time.last) {
      time.kvmRun &+= time.last - lastEntry
    }
  }

  /// Whether the next event of the kernel is before the next round trip. A round trip without a stamp is where it stands.
  private var isKernelNext: Bool {
    guard position < batch.count else { return true }
    let record = batch[position]
    if record.flags.contains(.coalesced) { return false }
    let tsc = kernelBatch[kernelPosition].tsc
    return record.flags.contains(.firstEntry) ? tsc < record.u1 : tsc <= record.u0
  }

  /// Takes in an event of the kernel; false if spans have to be known first.
  private mutating func place(_ event: KernelEventRecord) -> Bool {
    if case .leftOut(let since, let until, let events, let operations) = event.kind {
      leftOut.events &+= events
      leftOut.operations &+= operations
      leaveOut(since, until)
      return true
    }
    if isAttached {
      if !hasBegun, episodes?.begin(before: event) == true {
        begin(at: event.tsc)
        lastEntry = event.tsc
        pairing.firstEntry(at: event.tsc)
      }
    } else if roundTripsEnded, position == batch.count {
      episodes?.finish()
    }
    var isEntry = false
    switch event.kind {
    case .exit, .entry, .switchedIn, .woken, .wakeup:
      while pairing.needsSpan(before: event.tsc) {
        guard spanPosition < spanBatch.count else { return false }
        addSpan()
      }
    default: break
    }
    switch event.kind {
    case .exit, .entry:
      isEntry = event.kind == .entry
      pairing.kernelReports(losses: kernelLosses)
      if !isEntry { pairing.exit(at: event.tsc) }
    default: break
    }
    guard let outcome = episodes?.add(event) else { return true }
    if trips == .counted, let record = counter.take(event) { countTrip(record) }
    episodes?.takeEndedAbsences { pairing.add($0) }
    if outcome.polled > 0 { pairing.polled(outcome.polled) }
    if let episode = outcome.episode {
      pairing.add(episode, row: row(of: episode))
    } else if isEntry {
      pairing.entry(at: event.tsc)
    }
    if let completed = outcome.completed {
      while siteSwitches.count <= completed.site { siteSwitches.append(SwitchSums()) }
      siteSwitches[completed.site].record(completed)
    }
    return true
  }

  /// Counts a round trip that has no stamps.
  private mutating func countTrip(_ record: RoundTripRecord) {
    roundTrips += 1
    if record.isKick {
      kicks += 1
    } else if KVMExitReason.suffix(of: record.reason) == nil {
      unknownReasons += 1
    }
    countedCell = count(record, isInScope: isInScope(record.u0, record.u1))
    episodes?.countTrip(site: table.cells[countedCell].site, isKick: record.isKick)
  }

  /// Filters left out whole operations between two stamps, before and behind which the thread was inside `KVM_RUN`.
  private mutating func leaveOut(_ since: UInt64, _ until: UInt64) {
    guard hasBegun else { return }
    let start = min(max(since, time.last), until)
    if let lastEntry, start >= lastEntry, !losses.overlaps(lastEntry, start) {
      time.kvmRun &+= start - lastEntry
      time.leftOut &+= until - start
    }
    time.last = max(time.last, until)
    lastEntry = until
    episodes?.leaveOut(since, until)
  }

  /// Counts an episode where it belongs.
  private mutating func row(of episode: Episode) -> EpisodeRow? {
    let isInScope = isInScope(episode.k0, episode.k2)
    guard !episode.isLight else {
      return .light(
        light.add(episode, isCounted: isInScope, isScheduleKnown: episodes?.hasThreadSwitches == true))
    }
    if episode.kicks < episode.roundTrips { heavyEpisodes.record(episode.k2 - episode.k0) }
    if trips == .counted, episode.roundTrips == 1 {
      table.cells[countedCell].cycles.record(episode.k2 - episode.k0)
    }
    guard let site = episode.site, episode.isOneSite, episode.kicks == 0 else { return nil }
    if episode.isWhole, isInScope {
      while siteStages.count <= site { siteStages.append(StageSums()) }
      siteStages[site].record(episode.stages)
    }
    return .heavy(site)
  }

  private mutating func addSpan() {
    pairing.add(spanBatch[spanPosition])
    spanPosition += 1
  }

  /// Measures a record; false if spans have to be known first.
  private mutating func place(_ record: RoundTripRecord) -> Bool {
    if record.flags.contains(.firstEntry) {
      begin(at: record.u1)
      lastEntry = record.u1
      pairing.firstEntry(at: record.u1)
      episodes?.firstEntry(at: record.u1)
      return true
    }
    if record.flags.contains(.coalesced) {
      coalesced += 1
      count(record, isInScope: scope == .wholeRuns)
      return true
    }
    guard record.u0 != 0 else {
      unstamped += 1
      roundTrips += 1
      lastEntry = nil
      episodes?.unstamped()
      count(record, isInScope: scope == .wholeRuns)
      return true
    }
    while pairing.needsSpan(before: record.u0) {
      guard spanPosition < spanBatch.count else { return false }
      addSpan()
    }
    let isKick = record.isKick
    roundTrips += 1
    if isKick {
      kicks += 1
    } else if KVMExitReason.suffix(of: record.reason) == nil {
      unknownReasons += 1
    }
    let isInScope = isInScope(record.u0, record.u1)
    let cell = count(record, isInScope: isInScope)
    if isInScope, record.u1 >= record.u0 { table.cells[cell].cycles.record(record.u1 - record.u0) }
    if isInScope, record.d0 != 0, record.d1 >= record.d0 {
      table.cells[cell].deviceCycles &+= record.d1 - record.d0
      table.cells[cell].deviceCount &+= 1
    }
    account(record)
    let site = table.cells[cell].site
    let device = record.d0 != 0 && record.d1 >= record.d0 ? record.d1 - record.d0 : 0
    pairing.add(u0: record.u0, u1: record.u1, device: device, site: site, isKick: isKick)
    if episodes == nil { keepStay(record, device: device, site: site) }
    let isOpen = isAttached && record.u1 == 0 && roundTripsEnded && position + 1 == batch.count
    if isOpen { openStay = record.u0 }
    episodes?.add(
      u0: record.u0, u1: record.u1, device: device, site: site, isKick: isKick, isOpen: isOpen)
    episodes?.takeEndedAbsences { pairing.add($0) }
    return true
  }

  private mutating func keepStay(_ record: RoundTripRecord, device: UInt64, site: Int) {
    while unscheduledStays.count <= site { unscheduledStays.append(LongestList()) }
    guard record.u1 >= record.u0, unscheduledStays[site].takes(record.u1 - record.u0) else { return }
    unscheduledStays[site].add(
      LongStretch(start: record.u0, cycles: record.u1 - record.u0, device: device))
  }

  /// Whether what went on from `start` to `end` is measured by site. Precondition: the spans until then are known.
  private func isInScope(_ start: UInt64, _ end: UInt64) -> Bool {
    scope == .wholeRuns || pairing.holds(start, end)
  }

  @discardableResult
  private mutating func count(_ record: RoundTripRecord, isInScope: Bool) -> Int {
    let cell = table.cell(for: record)
    guard isInScope else { return cell }
    table.cells[cell].count &+= 1
    table.cells[cell].elements &+= UInt64(record.count)
    return cell
  }

  private mutating func begin(at tsc: UInt64) {
    guard !hasBegun else { return }
    hasBegun = true
    time.first = tsc
    time.last = tsc
  }

  private mutating func account(_ record: RoundTripRecord) {
    begin(at: record.u0)
    if let lastEntry, record.u0 >= lastEntry, !losses.overlaps(lastEntry, record.u0) {
      time.kvmRun &+= record.u0 - lastEntry
    }
    time.last = max(time.last, record.u0, record.u1)
    guard record.u1 >= record.u0 else {
      lastEntry = nil
      return
    }
    time.vmm &+= record.u1 - record.u0
    lastEntry = record.u1
  }
}
