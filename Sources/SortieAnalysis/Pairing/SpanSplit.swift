/// Where the time of guest spans with round trips inside them went, cycles.
struct SpanSplit {
  /// `u0 - g0` of the first round trip.
  var guestToHost = Distribution()
  /// `u1 - u0`, summed over the round trips of a span.
  var vmm = Distribution()
  /// Inside `KVM_RUN` between two round trips of one span, summed.
  var between = Distribution()
  /// `g1 - u1` of the last round trip.
  var hostToGuest = Distribution()
  /// Of spans with one round trip, all but the VMM: out of the guest, to user space and back.
  var change = Distribution()

  mutating func record(_ span: OpenSpan) {
    guestToHost.record(span.firstU0 - span.start)
    vmm.record(span.vmm)
    between.record(span.between)
    hostToGuest.record(span.end - span.lastU1)
    if span.roundTrips == 1 { change.record(span.end - span.start - span.vmm) }
  }

  mutating func add(_ other: SpanSplit) {
    guestToHost.add(other.guestToHost)
    vmm.add(other.vmm)
    between.add(other.between)
    hostToGuest.add(other.hostToGuest)
    change.add(other.change)
  }
}

/// A guest span on the host's timeline while round trips are put into it.
struct OpenSpan {
  /// `g0` in host cycles.
  let start: UInt64
  /// `g1` in host cycles.
  let end: UInt64
  /// Why it cannot be paired, whatever comes.
  var fault: SpanFault?
  var roundTrips: UInt64 = 0
  var kicks: UInt64 = 0
  var firstU0: UInt64 = 0
  var lastU1: UInt64 = 0
  var vmm: UInt64 = 0
  var between: UInt64 = 0
  /// The site of all its round trips; nil before the first.
  var site: Int?
  var isOneSite = true
  var episodes = SpanEpisodes()
  /// `d1 - d0`, summed.
  var device: UInt64 = 0
  /// What kept the thread off the CPU.
  var absences = AbsenceTally()
  /// Halted, polling included, cycles.
  var blocked: UInt64 = 0

  init(start: UInt64, end: UInt64) {
    self.start = start
    self.end = end
  }

  /// Adds a round trip that lies inside. Precondition: start <= u0 <= u1 <= end, and u0 is not before the last u1.
  mutating func add(u0: UInt64, u1: UInt64, device: UInt64 = 0, site: Int) {
    if roundTrips == 0 {
      firstU0 = u0
      self.site = site
    } else {
      between += u0 - lastU1
      isOneSite = isOneSite && self.site == site
    }
    roundTrips += 1
    lastU1 = u1
    vmm += u1 - u0
    self.device &+= device
  }

  /// The thread was off the CPU, of which only what lies inside counts.
  mutating func add(_ absence: Absence) {
    let (from, to) = (max(absence.start, start), min(absence.end, end))
    guard from < to else { return }
    absences.add(absence.kind, to - from, absence.next)
    if absence.kind == .halt { blocked &+= to - from }
  }
}

/// Why a guest span is in no pair.
enum SpanFault {
  /// `g1` is before `g0`, or the span begins before its predecessor ended.
  case inverted
  /// Nothing tells the offset of the guest's clock.
  case unaligned
  /// Before the first or after the last event of the vCPU's `vmm` stream.
  case uncovered
  /// Events may be missing inside it.
  case lost
  /// A round trip lies partly inside: the clocks disagree or stamps are out of order.
  case crossing
}
