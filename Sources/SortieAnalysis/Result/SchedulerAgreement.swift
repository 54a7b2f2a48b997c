import SortieTrace

/// What the scheduler says of a vCPU thread's time (`schedstat`) against what the kernel's events say of the same.
///
/// The scheduler counts time on a CPU and time able to run but waiting for one; together that is all but sleep. It counts by
/// readings of its clock that its events follow, microseconds later, tens of them where the processor is emulated
/// (``SchedulerLag``). What the events say is taken back by as much as was measured; where a reading lies somewhere between
/// two events, by half, and the other half is the uncertainty. The border between running and waiting is less certain than
/// that between both and sleep, so how the two are split is checked apart from their sum.
public struct SchedulerAgreement: Sendable, Equatable {
  /// Between the readings, a little before the first and after the last `KVM_RUN`, cycles.
  public var window: UInt64 = 0
  /// On a CPU, says the scheduler, ns.
  public var onCPU: UInt64 = 0
  /// Able to run and waiting for a CPU, says the scheduler, ns.
  public var runDelay: UInt64 = 0
  /// Times the thread was given a CPU, says the scheduler.
  public var timeslices: UInt64 = 0
  /// On a CPU, say the events, cycles: the parts but off-CPU, blocked asleep, and unaccounted. Polling for the end of a
  /// halt is on the CPU. Nil where switches of threads were not recorded.
  public var eventsOnCPU: UInt64?
  /// Asleep, say the events, cycles: halted, or waiting for anything but a CPU.
  public var eventsAsleep: UInt64?
  /// How late the events are.
  public var lag = SchedulerLag()
  /// By how much on-CPU and off-CPU time without sleep differ, taken at the scheduler's readings of its clock, cycles;
  /// unaccounted time can have been either. Nil where one is not known.
  public var difference: UInt64?
  /// By how much on-CPU time alone differs, cycles.
  public var onCPUDifference: UInt64?
  /// How much `difference` can be in either direction although both are right: half of the time in which the clock was
  /// read at an unknown moment, cycles.
  public var uncertainty: UInt64 = 0
  /// The same of `onCPUDifference`, cycles.
  public var onCPUUncertainty: UInt64 = 0
  /// Off the CPU until its next sign, where the kernel did not report the thread's return, cycles.
  public var unseen: UInt64 = 0

  /// `difference` as a share of the window.
  public var differenceShare: Double? { share(difference) }
  /// `onCPUDifference` as a share of the window.
  public var onCPUDifferenceShare: Double? { share(onCPUDifference) }
  /// `uncertainty` as a share of the window.
  public var uncertaintyShare: Double { share(uncertainty) ?? 0 }
  /// `onCPUUncertainty` as a share of the window.
  public var onCPUUncertaintyShare: Double { share(onCPUUncertainty) ?? 0 }
  /// Running or waiting for a CPU at the scheduler's readings of its clock, say the events; a share of the window.
  var awakeShare: Double? {
    eventsAsleep.flatMap { share(Self.awake(asleep: $0, window, lag)) }
  }

  /// What the check goes by: the sum, and where returns were not seen, as much of the difference of on-CPU time as they
  /// can make.
  public var checkedShare: Double? {
    guard let sum = differenceShare, let alone = onCPUDifferenceShare, let most = share(unseen) else {
      return nil
    }
    return max(sum, min(alone, most))
  }

  private func share(_ cycles: UInt64?) -> Double? {
    guard let cycles, window > 0 else { return nil }
    return Double(cycles) / Double(window)
  }

  /// Nothing yet.
  init() {}

  /// The account of one thread; `parts` of its time from the first to the last `KVM_RUN`, which took `wall`; nil where
  /// they are not known. `outside`: off the CPU before and after that.
  init(
    _ account: SchedulerAccount, parts: TimeParts?, wall: UInt64, outside: UInt64, lag: SchedulerLag,
    tscKilohertz: UInt64?
  ) {
    window = account.window.upperBound - account.window.lowerBound
    onCPU = account.onCPU
    runDelay = account.runDelay
    timeslices = account.timeslices
    guard let parts, wall.addingSaturated(outside) <= window, parts.asleep <= window else { return }
    let around = window - wall - outside
    let own = parts.onCPU.addingSaturated(around)
    eventsOnCPU = own
    eventsAsleep = parts.asleep
    unseen = parts.unseen
    self.lag = lag
    uncertainty = lag.sleeps.uncertainty.addingSaturated(lag.wakeups.uncertainty)
    onCPUUncertainty = [lag.sleeps, lag.preemptions, lag.allArrivals].reduce(0) {
      $0.addingSaturated($1.uncertainty)
    }
    guard let tscKilohertz, tscKilohertz > 0 else { return }
    func cycles(_ nanoseconds: UInt64) -> UInt64 {
      UInt64(min(Double(nanoseconds) * Double(tscKilohertz) / 1e6, 0x1p61))
    }
    let awake = Self.awake(asleep: parts.asleep, window, lag)
    let left = lag.sleeps.middle.addingSaturated(lag.preemptions.middle)
    let running = (own - min(own, left)).addingSaturated(lag.allArrivals.middle)
    difference = Self.distance(
      cycles(onCPU) + cycles(runDelay), from: awake - min(awake, parts.unaccounted)...awake)
    onCPUDifference = Self.distance(cycles(onCPU), from: running...running.addingSaturated(parts.unaccounted))
  }

  /// Of a window in which the thread was `asleep` by its events, what it was not by the scheduler's clock: it went to
  /// sleep earlier than reported, and woke halfway through its wake-ups.
  private static func awake(asleep: UInt64, _ window: UInt64, _ lag: SchedulerLag) -> UInt64 {
    let awake = window - min(window, asleep)
    return (awake - min(awake, lag.sleeps.middle)).addingSaturated(lag.wakeups.middle)
  }

  private static func distance(_ value: UInt64, from range: ClosedRange<UInt64>) -> UInt64 {
    let nearest = min(max(value, range.lowerBound), range.upperBound)
    return value > nearest ? value - nearest : nearest - value
  }

  /// Adds another thread's; differences add up, whichever way they point.
  mutating func add(_ other: SchedulerAgreement) {
    if window == 0 { (eventsOnCPU, eventsAsleep, difference, onCPUDifference) = (0, 0, 0, 0) }
    window &+= other.window
    onCPU &+= other.onCPU
    runDelay &+= other.runDelay
    timeslices &+= other.timeslices
    unseen &+= other.unseen
    lag.add(other.lag)
    uncertainty = uncertainty.addingSaturated(other.uncertainty)
    onCPUUncertainty = onCPUUncertainty.addingSaturated(other.onCPUUncertainty)
    func sum(_ own: UInt64?, _ theirs: UInt64?) -> UInt64? { own.flatMap { own in theirs.map { own &+ $0 } } }
    eventsOnCPU = sum(eventsOnCPU, other.eventsOnCPU)
    eventsAsleep = sum(eventsAsleep, other.eventsAsleep)
    difference = sum(difference, other.difference)
    onCPUDifference = sum(onCPUDifference, other.onCPUDifference)
  }
}
