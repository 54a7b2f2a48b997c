import SortieTrace

/// Pairs the kernel's events of one vCPU thread with its round trips into episodes, in order of time, and follows where
/// the thread's time goes. No pair is made across a range in which events may be missing.
struct EpisodePairing {
  /// The switch to user space and back of one round trip.
  struct Switch {
    var site: Int
    /// `(u0 - f0) + (f1 - u1)`, cycles on the CPU.
    var cycles: UInt64
    /// `u1 - u0`, cycles on the CPU.
    var vmm: UInt64
  }

  /// What an event brought to its end.
  struct Outcome {
    var episode: Episode?
    var completed: Switch?
    /// Polling of a halt that was on the CPU, cycles.
    var polled: UInt64 = 0
  }

  /// A round trip that has begun: `u0` was seen.
  private struct OpenRoundTrip {
    var site: Int
    var start: UInt64 = 0
    var device: UInt64 = 0
    /// `u0 - f0`; nil where that is not known.
    var out: UInt64?
    /// `u1 - u0` on the CPU; nil where that is not known.
    var stay: UInt64?
    /// `u1`, which events of the VMM's time may precede; nil once it was reached.
    var end: UInt64?
    /// `u1`, once it was reached.
    var ended: UInt64?
  }

  private(set) var tally = EpisodeTally()
  /// Exits whose reason has no name.
  private(set) var unknownReasons: UInt64 = 0
  /// All exits by reason, after ``finish()``.
  private(set) var reasons = ExitReasonTable()
  /// Events that say what KVM did.
  private(set) var details = DetailTable()
  /// The longest stays in the VMM, by site.
  private(set) var stays: [LongestList] = []
  /// Off the CPU before the first and after the last `KVM_RUN`, between the readings of the scheduler's account.
  private(set) var outside: OutsideAbsences
  /// How late the scheduler's events on the thread are, between the same readings.
  private(set) var lag: SchedulerLagMeter
  private var phases: ThreadPhases
  private var losses: LossMap
  private let cyclesPerNanosecond: Double
  /// `kvm_fpu` is recorded.
  private let hasSwitchStamps: Bool
  /// Events that say what KVM did are counted by what they say.
  private let countsDetails: Bool
  /// `sched_switch` is recorded.
  let hasThreadSwitches: Bool
  private let trips: RoundTripEvidence
  /// The switch to user space lies in the kernel's time, and nothing tells how much of it that is.
  private let hidesSwitches: Bool
  private var open: Episode?
  private var trip: OpenRoundTrip?
  /// The last entry or exit, or where the timeline begins.
  private var lastEdge: UInt64 = 0
  /// f0 and k1 without their `u0` yet.
  private var unload: UInt64?
  private var userspaceExit: UInt64?
  private var hasBegun = false
  private var hasEnded = false
  /// What filters left out has ended, and nothing has told yet where the thread is.
  private var isResuming = false

  /// `account`: between the readings of the scheduler's account of the thread, host TSC.
  init(
    losses: LossMap, tscKilohertz: UInt64?, hasSwitchStamps: Bool, hasThreadSwitches: Bool,
    account: ClosedRange<UInt64>?, countsDetails: Bool = true, trips: RoundTripEvidence = .stamped,
    isImported: Bool = false
  ) {
    self.countsDetails = countsDetails
    self.trips = trips
    hidesSwitches = isImported && !hasSwitchStamps
    self.losses = losses
    self.hasThreadSwitches = hasThreadSwitches
    outside = OutsideAbsences(within: account)
    lag = SchedulerLagMeter(within: account)
    phases = ThreadPhases(losses: losses)
    cyclesPerNanosecond = Double(tscKilohertz ?? 0) / 1e6
    self.hasSwitchStamps = hasSwitchStamps
  }

  /// The guest has exited and was not seen to enter again.
  var hasOpenExit: Bool { open != nil }

  /// The kernel reports exits and entries of this vCPU: without, guest and kernel are not told apart.
  var hasHardwareExits: Bool { tally.exits.total + tally.entries.total > 0 }

  /// Where the time went, after ``finish()``.
  var parts: TimeParts {
    var parts = phases.parts
    if !trips.isCounted {
      parts.outside += parts.kernel
      parts.kernel = 0
    }
    guard !hasHardwareExits else { return parts }
    parts.undivided = parts.kernel
    parts.kernel = 0
    return parts
  }

  /// The tally in the middle of it.
  var tallySoFar: EpisodeTally {
    var tally = tally
    tally.switches = phases.switches
    tally.inversions = phases.inversions
    tally.misplaced = phases.misplaced
    tally.unseenReturns = phases.unseenReturns
    return tally
  }

  /// Hands over the exits by reason that are known since this was last asked, and begins to count anew.
  mutating func takeReasons() -> ExitReasonTable {
    defer { reasons = ExitReasonTable() }
    return reasons
  }

  /// Events are missing in `range`, as became known only now.
  mutating func add(loss range: ClosedRange<UInt64>) {
    losses.add(range)
    phases.add(loss: range)
  }

  /// Where the time went until `tsc`, in the middle of it. `held`: a round trip that was not given yet, and the events since.
  func parts(
    until tsc: UInt64, held: (record: RoundTripRecord, events: ArraySlice<KernelEventRecord>)?
  ) -> TimeParts? {
    guard hasBegun, !hasEnded else { return nil }
    var copy = self
    if let held {
      copy.add(
        u0: held.record.u0, u1: held.record.u1, device: 0, site: 0, isKick: true,
        isOpen: held.record.u1 == 0)
      for event in held.events where event.tsc <= tsc { _ = copy.add(event) }
    }
    copy.reachEnd(before: tsc)
    var parts = copy.phases.parts(until: tsc)
    guard !hasHardwareExits else { return parts }
    (parts.undivided, parts.kernel) = (parts.kernel, 0)
    return parts
  }

  /// Hands over the times off the CPU that have ended since this was last asked.
  mutating func takeEndedAbsences(_ body: (Absence) -> Void) { phases.takeEndedAbsences(body) }

  /// The vCPU thread calls `KVM_RUN` for the first time.
  mutating func firstEntry(at u1: UInt64) {
    guard !hasBegun else { return phases.spoil() }
    begin(hasSwitchStamps ? .switchIn : .kernel, at: u1)
    trip = OpenRoundTrip(site: 0, out: nil, end: nil, ended: u1)
  }

  /// The first event of a thread that was in `KVM_RUN` already when recording began; false where the event does not tell
  /// in which part of it.
  mutating func begin(before event: KernelEventRecord) -> Bool {
    guard let phase = phase(before: event) else { return false }
    begin(phase, at: event.tsc)
    return true
  }

  /// Where the thread was before an event; nil where the event does not tell.
  private func phase(before event: KernelEventRecord) -> ThreadPhases.Phase? {
    switch event.kind {
    case .exit: .guest
    case .entry, .unload: .kernel
    case .load: hasSwitchStamps ? (trips.isTimed ? .switchIn : .away) : .kernel
    case .userspaceExit: hasSwitchStamps ? (trips.isTimed ? .switchOut : .away) : .kernel
    default: nil
    }
  }

  /// Filters left out whole operations between two stamps: the time of the thread goes on behind them.
  mutating func leaveOut(_ since: UInt64, _ until: UInt64) {
    guard hasBegun, !hasEnded else { return }
    reachEnd(before: .max)
    settle(\.unload, \.unloads, at: since, isPaired: false)
    settle(\.userspaceExit, \.userspaceExits, at: since, isPaired: false)
    if let episode = open { drop(episode, until: since) }
    (open, trip) = (nil, nil)
    phases.leaveOut(since, until, next: hasHardwareExits ? .guest : .kernel)
    lastEdge = until
    isResuming = true
  }

  /// The last event.
  var last: UInt64 { phases.last }

  private mutating func begin(_ phase: ThreadPhases.Phase, at tsc: UInt64) {
    hasBegun = true
    lastEdge = tsc
    phases.begin(phase, at: tsc)
  }

  /// A round trip without a stamp: nothing is known of what is around it.
  mutating func unstamped() {
    phases.spoil()
    open?.isWhole = false
  }

  /// `KVM_RUN` returned at `u0`; the next call is at `u1`, 0 if there is none. `device`: `d1 - d0`. `isOpen`: there is none
  /// because recording ended before.
  mutating func add(
    u0: UInt64, u1: UInt64, device: UInt64, site: Int, isKick: Bool, isOpen: Bool = false
  ) {
    reachEnd(before: .max)
    var out: UInt64?
    if !hasBegun {
      begin(.vmm, at: u0)
      tally.roundTrips.count(losses.overlaps(u0, u0))
    } else {
      let wasOnItsWay = phases.phase == .switchOut
      let time = phases.enter(
        .vmm, at: u0, isExpected: hasSwitchStamps ? wasOnItsWay : phases.phase == .kernel)
      open?.add(time, wasOnItsWay ? \.switching : \.kernel)
      settle(\.unload, \.unloads, at: u0, isPaired: wasOnItsWay)
      settle(\.userspaceExit, \.userspaceExits, at: u0, isPaired: true)
      if wasOnItsWay, time.isWhole { out = time.on }
      if open == nil { tally.roundTrips.count(losses.overlaps(lastEdge, max(lastEdge, u0))) }
    }
    trip = OpenRoundTrip(site: site, start: u0, device: device, out: out)
    open?.addRoundTrip(site: site, isKick: isKick)
    open?.stages.device &+= device
    if u1 >= u0 { trip?.end = u1 } else if !isOpen { phases.spoil() }
  }

  /// The event just added was the beginning of a round trip that has no stamps.
  mutating func countTrip(site: Int, isKick: Bool) {
    settle(\.unload, \.unloads, at: phases.last, isPaired: true)
    settle(\.userspaceExit, \.userspaceExits, at: phases.last, isPaired: true)
    if open == nil { tally.roundTrips.count(losses.overlaps(lastEdge, max(lastEdge, phases.last))) }
    open?.addRoundTrip(site: site, isKick: isKick)
  }

  /// Takes the VMM's time to its end if that is not behind `tsc`.
  private mutating func reachEnd(before tsc: UInt64) {
    guard let ending = trip, let end = ending.end, end <= tsc else { return }
    trip?.end = nil
    trip?.ended = end
    let time = phases.enter(
      hasSwitchStamps ? .switchIn : .kernel, at: end, isExpected: phases.phase == .vmm)
    open?.add(time, \.vmm)
    if time.isWhole { trip?.stay = time.on }
    while stays.count <= ending.site { stays.append(LongestList()) }
    guard end >= ending.start, stays[ending.site].takes(end - ending.start) else { return }
    stays[ending.site].add(
      LongStretch(
        start: ending.start, cycles: end - ending.start, absences: time.absences, device: ending.device,
        isScheduleKnown: hasThreadSwitches && time.isWhole))
  }

  /// An event of the kernel; what it ends.
  mutating func add(_ event: KernelEventRecord) -> Outcome {
    reachEnd(before: event.tsc)
    lag.add(event)
    guard hasBegun, !hasEnded else {
      tally.outside += 1
      outside.add(event)
      return Outcome()
    }
    if isResuming, let phase = phase(before: event) {
      phases.assume(phase)
      isResuming = false
    }
    switch event.kind {
    case .exit(let reason, let level, let detail):
      exit(at: event.tsc, LightKey(reason: reason, nestedLevel: level, detail: detail))
    case .entry:
      return Outcome(episode: entry(at: event.tsc))
    case .unload:
      settle(\.unload, \.unloads, at: event.tsc, isPaired: false)
      unload = event.tsc
      let isTimed = trips.isTimed
      let time = phases.enter(
        isTimed ? .switchOut : .away, at: event.tsc, isExpected: phases.phase == .kernel)
      open?.add(time, \.kernel)
    case .load:
      return Outcome(completed: load(at: event.tsc))
    case .userspaceExit:
      settle(\.userspaceExit, \.userspaceExits, at: event.tsc, isPaired: false)
      userspaceExit = event.tsc
      if trips == .counted, !hasSwitchStamps {
        open?.add(phases.enter(.away, at: event.tsc, isExpected: phases.phase == .kernel), \.kernel)
      } else {
        phases.pass(at: event.tsc)
      }
    case .wakeup(let nanoseconds):
      tally.wakeups += 1
      let cycles = min(Double(nanoseconds) * cyclesPerNanosecond, 0x1p62)
      return Outcome(polled: phases.wokeUp(at: event.tsc, after: UInt64(cycles)))
    case .switchedOut(let next, let departure):
      phases.switchedOut(at: event.tsc, next: next, departure)
    case .switchedIn:
      phases.switchedIn(at: event.tsc)
    case .detail(let kind, let detail):
      tally.details += 1
      if countsDetails { details.count(kind, detail) }
      open?.add(detail)
      phases.pass(at: event.tsc)
    case .woken:
      tally.woken += 1
      phases.woken(at: event.tsc)
    case .waking, .reading, .accounted: tally.clockReadings += 1
    case .callBegins, .callEnds: phases.pass(at: event.tsc)
    case .leftOut: break
    }
    return Outcome()
  }

  private mutating func exit(at tsc: UInt64, _ key: LightKey) {
    if key.reason.knownName == nil { unknownReasons += 1 }
    settle(\.unload, \.unloads, at: tsc, isPaired: false)
    settle(\.userspaceExit, \.userspaceExits, at: tsc, isPaired: false)
    let time = phases.enter(.kernel, at: tsc, isExpected: phases.phase == .guest)
    if let episode = open { drop(episode, until: tsc) }
    open = Episode(k0: tsc, key: key, before: time)
    lastEdge = tsc
  }

  private mutating func entry(at tsc: UInt64) -> Episode? {
    settle(\.unload, \.unloads, at: tsc, isPaired: false)
    settle(\.userspaceExit, \.userspaceExits, at: tsc, isPaired: false)
    defer { lastEdge = tsc }
    let wasInGuest = phases.phase == .guest
    let time = phases.enter(
      .guest, at: tsc,
      isExpected: wasInGuest || phases.phase == .kernel || phases.phase == .away && !hasSwitchStamps)
    guard var episode = open else {
      let isLost = losses.overlaps(min(lastEdge, tsc), tsc)
      tally.entries.count(isLost)
      if wasInGuest, !isLost { tally.reentries += 1 }
      return nil
    }
    open = nil
    guard tsc >= episode.k0, !losses.overlaps(episode.k0, tsc) else {
      drop(episode, until: tsc)
      tally.entries.count(losses.overlaps(min(episode.k0, tsc), max(episode.k0, tsc)))
      return nil
    }
    episode.add(time, \.kernel)
    episode.k2 = tsc
    tally.exits.paired += 1
    tally.entries.paired += 1
    tally.roundTrips.paired += episode.roundTrips
    // What of it was KVM's and what the machine monitor's is not known.
    if !trips.isCounted || (!trips.isTimed || hidesSwitches) && !episode.isLight { episode.isWhole = false }
    if !trips.isCounted {
      tally.unclassified += 1
      reasons.count(episode.key.reason, \.unclassified)
    } else if episode.isLight {
      tally.light += 1
      reasons.count(episode.key.reason, \.light)
    } else if episode.kicks == episode.roundTrips {
      tally.kicked += 1
      reasons.count(episode.key.reason, \.kicked)
    } else {
      tally.heavy += 1
      reasons.count(episode.key.reason, \.heavy)
    }
    return episode
  }

  /// Gives up an episode whose entry is not there.
  private mutating func drop(_ episode: Episode, until tsc: UInt64) {
    let isLost = losses.overlaps(min(episode.k0, tsc), max(episode.k0, tsc))
    tally.exits.count(isLost)
    reasons.count(episode.key.reason, \.unpaired)
    for _ in 0..<episode.roundTrips { tally.roundTrips.count(isLost) }
  }

  private mutating func load(at tsc: UInt64) -> Switch? {
    let isTimed = trips.isTimed
    let isPaired = isTimed ? phases.phase == .switchIn && trip?.ended != nil : phases.phase == .away
    let start = trip?.ended ?? lastEdge
    let time = phases.enter(
      .kernel, at: tsc, isExpected: phases.phase == (isTimed ? .switchIn : .away))
    open?.add(time, \.switching)
    if losses.overlaps(min(start, tsc), tsc) {
      tally.loads.lost += 1
    } else if isPaired {
      tally.loads.paired += 1
    } else {
      tally.loads.unpaired += 1
    }
    defer { trip = nil }
    guard isTimed, isPaired, time.isWhole, let trip, let out = trip.out, let stay = trip.stay else {
      return nil
    }
    return Switch(site: trip.site, cycles: out &+ time.on, vmm: stay)
  }

  /// Counts an event that waits for the return of `KVM_RUN`, if one does.
  private mutating func settle(
    _ mark: WritableKeyPath<EpisodePairing, UInt64?>, _ fates: WritableKeyPath<EpisodeTally, MarkTally>,
    at tsc: UInt64, isPaired: Bool
  ) {
    guard let start = self[keyPath: mark] else { return }
    self[keyPath: mark] = nil
    if losses.overlaps(min(start, tsc), max(start, tsc)) {
      tally[keyPath: fates].lost += 1
    } else if isPaired, tsc >= start {
      tally[keyPath: fates].paired += 1
    } else {
      tally[keyPath: fates].unpaired += 1
    }
  }

  /// The last round trip was given: what comes from now on is outside.
  mutating func finish() {
    guard !hasEnded else { return }
    hasEnded = true
    reachEnd(before: .max)
    settle(\.unload, \.unloads, at: phases.last, isPaired: false)
    settle(\.userspaceExit, \.userspaceExits, at: phases.last, isPaired: false)
    if let episode = open { drop(episode, until: phases.last) }
    open = nil
    phases.finish()
    tally = tallySoFar
  }
}

extension MarkTally {
  /// Counts one that is not paired.
  fileprivate mutating func count(_ isLost: Bool) {
    if isLost { lost += 1 } else { unpaired += 1 }
  }
}
