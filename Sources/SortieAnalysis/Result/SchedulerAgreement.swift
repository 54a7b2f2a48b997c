import SortieTrace

/// What the scheduler says of a vCPU thread's time (`schedstat`) against what the kernel's events say of the same.
///
/// The scheduler counts time on a CPU and time able to run but waiting for one; together that is all but sleep. The border
/// between the two is not where `sched_switch` is reported: a switch that a wake-up caused counts from that wake-up
/// on (`rq_clock_skip_update`, kernel/sched/core.c), microseconds earlier, hundreds where the processor is emulated. So how
/// the two are split is checked apart from their sum.
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
  /// By how much on-CPU and off-CPU time without sleep differ, cycles; unaccounted time can have been either. Nil
  /// where one is not known.
  public var difference: UInt64?
  /// By how much on-CPU time alone differs, cycles.
  public var onCPUDifference: UInt64?
  /// Off the CPU until its next sign, where the kernel did not report the thread's return, cycles.
  public var unseen: UInt64 = 0

  /// `difference` as a share of the window.
  public var differenceShare: Double? { share(difference) }
  /// `onCPUDifference` as a share of the window.
  public var onCPUDifferenceShare: Double? { share(onCPUDifference) }

  /// What the check goes by: the sum, and where returns were not seen, as much of the difference of on-CPU time as they
  /// can make.
  public var checkedShare: Double? {
    guard let sum = differenceShare, let alone = onCPUDifferenceShare, let most = share(unseen) else {
      return nil
    }
    return max(sum, min(alone, most))
  }

  /// The most that `onCPUDifferenceShare` may be: a hundredth, or as much as ``switchTime`` of each time slice makes, but
  /// no more than a tenth.
  func splitLimit(tscKilohertz: UInt64?) -> Double {
    let moved = Double(timeslices) * Self.switchTime * Double(tscKilohertz ?? 0) * 1e3
    return max(TrustCheck.schedulerLimit, min(moved / Double(max(window, 1)), 0.1))
  }

  /// The longest that a switch has been seen to take from the scheduler's reading of its clock to its report, seconds: on
  /// the emulated processor of the lab.
  static let switchTime = 300e-6

  private func share(_ cycles: UInt64?) -> Double? {
    guard let cycles, window > 0 else { return nil }
    return Double(cycles) / Double(window)
  }

  /// Nothing yet.
  init() {}

  /// The account of one thread; `parts` of its time from the first to the last `KVM_RUN`, which took `wall`; nil where
  /// they are not known. `outside`: off the CPU before and after that.
  init(
    _ account: SchedulerAccount, parts: TimeParts?, wall: UInt64, outside: UInt64, tscKilohertz: UInt64?
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
    guard let tscKilohertz, tscKilohertz > 0 else { return }
    func cycles(_ nanoseconds: UInt64) -> UInt64 {
      UInt64(min(Double(nanoseconds) * Double(tscKilohertz) / 1e6, 0x1p61))
    }
    let awake = window - parts.asleep
    difference = Self.distance(
      cycles(onCPU) + cycles(runDelay), from: awake - min(awake, parts.unaccounted)...awake)
    onCPUDifference = Self.distance(cycles(onCPU), from: own...own.addingSaturated(parts.unaccounted))
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
    func sum(_ own: UInt64?, _ theirs: UInt64?) -> UInt64? { own.flatMap { own in theirs.map { own &+ $0 } } }
    eventsOnCPU = sum(eventsOnCPU, other.eventsOnCPU)
    eventsAsleep = sum(eventsAsleep, other.eventsAsleep)
    difference = sum(difference, other.difference)
    onCPUDifference = sum(onCPUDifference, other.onCPUDifference)
  }
}
