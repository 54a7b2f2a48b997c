/// A stretch of a vCPU thread's time in one place, cycles.
struct PhaseTime {
  /// On a CPU, but not polling in a halt.
  var on: UInt64 = 0
  /// Halted.
  var blocked: UInt64 = 0
  /// Off the CPU for another reason.
  var off: UInt64 = 0
  /// When it first left the CPU; nil if it did not.
  var firstLeft: UInt64?
  /// The thread that ran during the longest absence that was no halt.
  var preemptor: UInt32?
  /// No event is missing, and each stood where it could.
  var isWhole = true
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
  }

  private struct Absence {
    var start: UInt64
    var isHalt: Bool
    var next: UInt32
  }

  private(set) var parts = TimeParts()
  private(set) var phase = Phase.outside
  /// `sched_switch` away from the thread and back.
  private(set) var switches = MarkTally()
  /// Stamps before the one before them.
  private(set) var inversions: UInt64 = 0
  /// Events that stood where none of their kind could, without a loss that explains it.
  private(set) var misplaced: UInt64 = 0
  private(set) var first: UInt64 = 0
  private(set) var last: UInt64 = 0

  private let losses: LossMap
  private var current = PhaseTime()
  private var phaseStart: UInt64 = 0
  private var hasLoss = false
  private var absence: Absence?
  private var longestAbsence: UInt64 = 0
  /// The last absences of this phase, and the time from which on there is none that is not among them.
  private var absences: [ClosedRange<UInt64>] = []
  private var absencesSince: UInt64 = 0
  private static let absenceLimit = 16

  init(losses: LossMap) { self.losses = losses }

  /// The thread is in `phase` from `tsc` on; nothing before is looked at.
  mutating func begin(_ phase: Phase, at tsc: UInt64) {
    self.phase = phase
    (first, last) = (tsc, tsc)
    reset(at: tsc)
  }

  /// The thread goes over to `next`; what it was in before has ended. `isExpected`: it can have been in that.
  mutating func enter(_ next: Phase, at tsc: UInt64, isExpected: Bool) -> PhaseTime {
    advance(to: tsc)
    if let absence {
      // It runs, so it came back, and nobody saw it.
      self.absence = nil
      count(\.unpaired, lostSince: absence.start, tsc)
      current.isWhole = false
    }
    if !isExpected {
      current.isWhole = false
      if !hasLoss { misplaced += 1 }
    }
    let ended = current
    commit()
    phase = next
    reset(at: last)
    return ended
  }

  /// The thread left its CPU.
  mutating func switchedOut(at tsc: UInt64, next: UInt32, isAsleep: Bool) {
    advance(to: tsc)
    if let absence {
      count(\.unpaired, lostSince: absence.start, tsc)
      current.isWhole = false
    }
    if current.firstLeft == nil { current.firstLeft = tsc }
    let isInRun = phase != .vmm && phase != .outside
    absence = Absence(start: last, isHalt: isAsleep && isInRun, next: next)
  }

  /// The thread is back on a CPU.
  mutating func switchedIn(at tsc: UInt64) {
    guard let absence else {
      let start = last
      advance(to: tsc)
      count(\.unpaired, lostSince: start, tsc)
      current.isWhole = false
      return
    }
    advance(to: tsc)
    self.absence = nil
    if losses.overlaps(absence.start, last) {
      switches.lost += 2
    } else {
      switches.paired += 2
    }
    guard absence.start < last else { return }
    if !absence.isHalt, last - absence.start > longestAbsence {
      longestAbsence = last - absence.start
      current.preemptor = absence.next
    }
    if absences.count == Self.absenceLimit { absencesSince = absences.removeFirst().upperBound }
    absences.append(absence.start...last)
  }

  /// A halt ended that took so many cycles: what of it was on the CPU was polling.
  mutating func wokeUp(at tsc: UInt64, after cycles: UInt64) {
    advance(to: tsc)
    let start = max(last > cycles ? last - cycles : 0, absencesSince, phaseStart)
    guard absence == nil, start < last else { return }
    let away = absences.reduce(UInt64(0)) { sum, range in
      range.upperBound > start ? sum + range.upperBound - max(range.lowerBound, start) : sum
    }
    let polling = min(last - start - min(away, last - start), current.on)
    current.on -= polling
    current.blocked += polling
  }

  /// Nothing is known of the time around the last stamp.
  mutating func spoil() { current.isWhole = false }

  /// An event that does not end a phase was at `tsc`.
  mutating func pass(at tsc: UInt64) { advance(to: tsc) }

  /// The last phase has ended.
  mutating func finish() {
    if let absence {
      count(\.unpaired, lostSince: absence.start, last)
      self.absence = nil
      current.isWhole = false
    }
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
    switch absence?.isHalt {
    case nil: current.on += length
    case true?: current.blocked += length
    case false?: current.off += length
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
    }
    parts.blocked += current.blocked
    parts.offCPU += current.off
  }

  private mutating func reset(at tsc: UInt64) {
    current = PhaseTime()
    hasLoss = false
    phaseStart = tsc
    absences.removeAll(keepingCapacity: true)
    absencesSince = tsc
    longestAbsence = 0
  }
}
