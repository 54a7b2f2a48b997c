/// A stretch of a vCPU thread's time in one place, cycles.
struct PhaseTime {
  /// On a CPU, but not polling in a halt.
  var on: UInt64 = 0
  /// Halted.
  var blocked: UInt64 = 0
  /// Of that, polling on the CPU.
  var polled: UInt64 = 0
  /// Off the CPU for another reason.
  var off: UInt64 = 0
  /// Of that, asleep.
  var slept: UInt64 = 0
  /// When it first left the CPU; nil if it did not.
  var firstLeft: UInt64?
  /// What kept it off the CPU.
  var absences = AbsenceTally()
  /// No event is missing, and each stood where it could.
  var isWhole = true
  /// The thread came back to its CPU in it, and nobody saw when.
  var isUnseen = false
}

/// Follows one vCPU thread from event to event, so that each cycle is in exactly one part.
struct ThreadPhases {
  /// Where the thread is.
  enum Phase {
    case outside
    case vmm
    case switchIn
    case kernel
    case guest
    case switchOut
    /// In user space, or on the way there or back: which is not told.
    case away
  }

  private(set) var parts = TimeParts()
  private(set) var phase = Phase.outside
  /// `sched_switch` away from the thread and back.
  private(set) var switches = MarkTally()
  /// Stamps before the one before them.
  private(set) var inversions: UInt64 = 0
  /// Events that stood where none of their kind could, without a loss that explains it.
  private(set) var misplaced: UInt64 = 0
  /// Times the thread was seen to leave its CPU, and not to come back, without a loss that explains it.
  private(set) var unseenReturns: UInt64 = 0
  private(set) var first: UInt64 = 0
  private(set) var last: UInt64 = 0

  private var losses: LossMap
  private var current = PhaseTime()
  private var phaseStart: UInt64 = 0
  private var hasLoss = false
  private var absence: Absence?
  private var ended: [Absence] = []
  /// The last absences of this phase, and the time from which on there is none that is not among them.
  private var absences: [ClosedRange<UInt64>] = []
  private var absencesSince: UInt64 = 0
  private static let absenceLimit = 16

  init(losses: LossMap) { self.losses = losses }

  /// Events are missing in `range`, as became known only now.
  mutating func add(loss range: ClosedRange<UInt64>) { losses.add(range) }

  /// Where the time went until `tsc`, as far as the last event says it.
  func parts(until tsc: UInt64) -> TimeParts {
    var copy = self
    if tsc > last { copy.advance(to: tsc) }
    copy.commit()
    return copy.parts
  }

  /// The thread is in `phase` from `tsc` on; nothing before is looked at.
  mutating func begin(_ phase: Phase, at tsc: UInt64) {
    self.phase = phase
    (first, last) = (tsc, tsc)
    reset(at: tsc)
  }

  /// The thread goes over to `next`; what it was in before has ended. `isExpected`: it can have been in that.
  mutating func enter(_ next: Phase, at tsc: UInt64, isExpected: Bool) -> PhaseTime {
    pass(at: tsc)
    if !isExpected {
      current.isWhole = false
      if !hasLoss { misplaced += 1 }
    }
    var time = current
    time.isWhole = time.isWhole && !time.isUnseen
    commit()
    phase = next
    reset(at: last)
    return time
  }

  /// The thread left its CPU.
  mutating func switchedOut(at tsc: UInt64, next: UInt32, _ departure: KernelEventRecord.Departure) {
    pass(at: tsc)
    if current.firstLeft == nil { current.firstLeft = tsc }
    let isInRun = phase != .vmm && phase != .outside
    let kind: Absence.Kind =
      switch departure {
      case .preempted: .preemption
      case .asleep: isInRun ? .halt : .wait
      case .waiting: .wait
      }
    absence = Absence(start: last, kind: kind, next: next)
  }

  /// The thread runs, so if it was off its CPU it came back, and nobody saw when: it counts as off until now, and as
  /// unseen. Whether that is so.
  private mutating func returnUnseen(at tsc: UInt64) -> Bool {
    guard let absence else { return false }
    self.absence = nil
    if losses.overlaps(absence.start, max(absence.start, tsc)) {
      switches.lost += 1
      current.isWhole = false
      return true
    }
    switches.unpaired += 1
    unseenReturns += 1
    parts.unseen += last - absence.start
    close(absence)
    return true
  }

  /// Hands over the absences that have ended since this was last asked; the end of one may be later than the thread's
  /// return if nobody saw that.
  mutating func takeEndedAbsences(_ body: (Absence) -> Void) {
    guard !ended.isEmpty else { return }
    for absence in ended { body(absence) }
    ended.removeAll(keepingCapacity: true)
  }

  /// The thread was woken: what it waited for has ended, and it waits for a CPU.
  mutating func woken(at tsc: UInt64) {
    advance(to: tsc)
    guard let asleep = absence, asleep.kind == .halt || asleep.kind == .wait else { return }
    close(asleep)
    absence = Absence(start: last, kind: .queue, next: asleep.next)
  }

  /// The thread is back on a CPU.
  mutating func switchedIn(at tsc: UInt64) {
    let start = last
    advance(to: tsc)
    guard let absence else {
      count(\.unpaired, lostSince: start, tsc)
      current.isWhole = false
      return
    }
    self.absence = nil
    if losses.overlaps(absence.start, last) {
      switches.lost += 2
    } else {
      switches.paired += 2
    }
    close(absence)
  }

  /// Keeps an absence that ends now.
  private mutating func close(_ absence: Absence) {
    guard absence.start < last else { return }
    var absence = absence
    absence.end = last
    ended.append(absence)
    current.absences.add(absence)
    if absences.count == Self.absenceLimit { absencesSince = absences.removeFirst().upperBound }
    absences.append(absence.start...last)
  }

  /// A halt ended that took so many cycles: what of it was on the CPU was polling; how much that is.
  mutating func wokeUp(at tsc: UInt64, after cycles: UInt64) -> UInt64 {
    pass(at: tsc)
    let start = max(last > cycles ? last - cycles : 0, absencesSince, phaseStart)
    guard absence == nil, start < last else { return 0 }
    let away = absences.reduce(UInt64(0)) { sum, range in
      range.upperBound > start ? sum + range.upperBound - max(range.lowerBound, start) : sum
    }
    let polling = min(last - start - min(away, last - start), current.on)
    current.on -= polling
    current.blocked += polling
    current.polled += polling
    return polling
  }

  /// Nothing is known of the time around the last stamp.
  mutating func spoil() { current.isWhole = false }

  /// An event that does not end a phase was at `tsc`.
  mutating func pass(at tsc: UInt64) {
    advance(to: tsc)
    if returnUnseen(at: tsc) { current.isUnseen = true }
  }

  /// Nothing is told of the time between two stamps, because filters left it out; behind it the thread is in `next`.
  mutating func leaveOut(_ since: UInt64, _ until: UInt64, next: Phase) {
    if since > last { advance(to: since) }
    absence = nil
    commit()
    if until > last {
      parts.leftOut += until - last
      last = until
    }
    phase = next
    reset(at: last)
  }

  /// The thread was in `phase` since the last one ended.
  mutating func assume(_ phase: Phase) { self.phase = phase }

  /// The last phase has ended.
  mutating func finish() {
    _ = returnUnseen(at: last)
    commit()
    phase = .outside
  }

  private mutating func count(
    _ fate: WritableKeyPath<MarkTally, UInt64>, lostSince start: UInt64, _ end: UInt64
  ) {
    if losses.overlaps(start, max(start, end)) {
      switches.lost += 1
      return
    }
    switches[keyPath: fate] += 1
    misplaced += 1
  }

  private mutating func advance(to tsc: UInt64) {
    guard tsc >= last else {
      inversions += 1
      current.isWhole = false
      return
    }
    if losses.overlaps(last, tsc) {
      hasLoss = true
      current.isWhole = false
    }
    let length = tsc - last
    switch absence?.kind {
    case nil: current.on += length
    case .halt?: current.blocked += length
    case .preemption?, .queue?: current.off += length
    case .wait?:
      current.off += length
      current.slept += length
    }
    last = tsc
  }

  private mutating func commit() {
    guard current.isWhole else {
      parts.unaccounted += current.on + current.blocked + current.off
      return
    }
    switch phase {
    case .outside: parts.unaccounted += current.on
    case .vmm: parts.vmm += current.on
    case .switchIn: parts.switchIn += current.on
    case .kernel: parts.kernel += current.on
    case .guest: parts.guest += current.on
    case .switchOut: parts.switchOut += current.on
    case .away: parts.outside += current.on
    }
    parts.blocked += current.blocked
    parts.polled += current.polled
    parts.offCPU += current.off
    parts.slept += current.slept
  }

  private mutating func reset(at tsc: UInt64) {
    current = PhaseTime()
    hasLoss = false
    phaseStart = tsc
    absences.removeAll(keepingCapacity: true)
    absencesSince = tsc
  }
}
