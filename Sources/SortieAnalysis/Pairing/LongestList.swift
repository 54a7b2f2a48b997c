/// A duration that is among the longest of its row, and what was seen while it lasted.
struct LongStretch {
  /// Host TSC at its beginning.
  var start: UInt64
  var cycles: UInt64
  /// vCPU index.
  var vcpu: UInt32 = 0
  /// What kept the thread off the CPU, but halts.
  var absences = AbsenceTally()
  /// Halted, cycles.
  var blocked: UInt64 = 0
  /// Exits for interrupts of the host.
  var interrupts = EpisodeCount()
  /// Light exits for page faults of the second level.
  var faults = EpisodeCount()
  /// In device models, cycles.
  var device: UInt64 = 0
  /// Where most of it was spent, and how much of it; nil where the row itself says it.
  var place: (place: Outlier.Place, cycles: UInt64)?
  /// Every switch of the thread in it was recorded.
  var isScheduleKnown = false
}

extension LongStretch {
  /// A light episode.
  init(_ episode: Episode, isScheduleKnown: Bool) {
    self.init(
      start: episode.k0, cycles: episode.k2 - episode.k0, absences: episode.absences,
      blocked: episode.stages.blocked, isScheduleKnown: isScheduleKnown)
    if episode.key.reason.isHostInterrupt { interrupts.add(episode) }
    if episode.key.reason.isPageFault { faults.add(episode) }
  }

  /// An operation of the guest.
  init(_ span: OpenSpan, isScheduleKnown: Bool) {
    self.init(
      start: span.start, cycles: span.end - span.start, absences: span.absences, blocked: span.blocked,
      interrupts: span.episodes.interrupts, faults: span.episodes.faults, device: span.device,
      isScheduleKnown: isScheduleKnown)
    var parts: [(Outlier.Place, UInt64)] = []
    if let stages = span.episodes.finished(end: span.end, roundTrips: span.roundTrips) {
      parts = [
        (.exitPath, stages.exitPath), (.switching, stages.switching), (.kernel, stages.kernel),
        (.vmm, stages.vmm), (.entryPath, stages.entryPath), (.guest, stages.guest),
      ]
    } else if span.roundTrips > 0 {
      parts = [
        (.guestToHost, span.firstU0 - span.start), (.vmm, span.vmm), (.between, span.between),
        (.hostToGuest, span.end - span.lastU1),
      ]
    }
    place = parts.max { $0.1 < $1.1 }.map { ($0.0, $0.1) }
  }
}

/// The longest durations of one row, longest first. Bounded whatever comes.
struct LongestList {
  private(set) var stretches: [LongStretch] = []
  /// What it takes to be kept, cycles.
  private var least: UInt64 = 0

  /// How many are kept.
  static let limit = 5

  /// Whether a duration of so many cycles would be kept.
  @inline(__always)
  func takes(_ cycles: UInt64) -> Bool { cycles > least || stretches.count < Self.limit }

  /// Keeps a duration if it is among the longest; of equal ones, the first.
  mutating func add(_ stretch: LongStretch) {
    let position = stretches.firstIndex { $0.cycles < stretch.cycles } ?? stretches.count
    guard position < Self.limit else { return }
    stretches.insert(stretch, at: position)
    if stretches.count > Self.limit { stretches.removeLast() }
    if stretches.count == Self.limit { least = stretches[Self.limit - 1].cycles }
  }

  /// Adds those of vCPU `vcpu`.
  mutating func add(_ other: LongestList, vcpu: UInt32) {
    for var stretch in other.stretches where takes(stretch.cycles) {
      stretch.vcpu = vcpu
      add(stretch)
    }
  }

  /// The outliers, with a cause for each where the events give one. `median`: of the row's durations, cycles;
  /// `devices`: how often a device was entered in them, and its cycles, summed.
  func outliers(
    median: UInt64?, devices: (count: UInt64, cycles: UInt64) = (0, 0), threads: VCPUThreads
  ) -> [Outlier] {
    stretches.map { stretch in
      // What the device took of the others.
      let others = devices.cycles - min(devices.cycles, stretch.device)
      return Outlier(
        stretch, median: median ?? 0, usualDevice: devices.count > 1 ? others / (devices.count - 1) : 0,
        threads: threads)
    }
  }
}
