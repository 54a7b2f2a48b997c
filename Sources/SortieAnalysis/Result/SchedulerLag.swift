import SortieTrace

/// How far the scheduler's events are from its own readings of its clock, as measured between pairs of events.
///
/// The scheduler reads a CPU's clock once at the beginning of a switch or of a wake-up, accounts by that reading, and
/// reports the switch or the wake-up at its end (`__schedule`, `ttwu_queue`, kernel/sched/core.c). The reading by which a
/// thread goes to sleep is between the `rcu_utilization` of the switch and `sched_stat_runtime` (`update_curr`,
/// kernel/sched/fair.c), that of a wake-up between `sched_waking` and `sched_wakeup`; nothing says where. A CPU that was
/// idle, or is to leave its thread for the woken one, begins the new time slice with the reading of the wake-up
/// (`rq_clock_skip_update`) or, where it read again meanwhile, with one before the switch.
public struct SchedulerLag: Sendable, Equatable {
  /// Times the thread went to sleep that are in `leaving`.
  public var sleeps: UInt64 = 0
  /// From `sched_stat_runtime` to `sched_switch`, where the thread goes to sleep, cycles.
  public var leaving: UInt64 = 0
  /// Of these sleeps, from `rcu_utilization` to `sched_stat_runtime`, cycles.
  public var reading: UInt64 = 0
  /// Wake-ups that are in `waking`.
  public var wakeups: UInt64 = 0
  /// From `sched_waking` to `sched_wakeup`, cycles.
  public var waking: UInt64 = 0
  /// From `sched_waking` to `sched_switch`, where the CPU was idle or the wake-up made it switch, cycles.
  public var arriving: UInt64 = 0
  /// Times the thread came to its CPU otherwise: each is taken to be as late as a sleep of the same thread at the most.
  public var otherArrivals: UInt64 = 0

  /// Nothing measured.
  public init() {}

  /// How far the middle between the readings' earliest and latest time may be from them, all sleeps and wake-ups together,
  /// cycles.
  var uncertainty: UInt64 { (reading / 2).addingSaturated(waking / 2) }
  /// By how much the switches to sleep come after the middle of where their readings may be, cycles.
  var late: UInt64 { leaving.addingSaturated(reading / 2) }
  /// By how much the beginning of a time slice may be earlier than `sched_switch`, all slices together, cycles.
  var mostBeforeArrivals: UInt64 {
    let each = Double(leaving.addingSaturated(reading)) / Double(max(sleeps, 1))
    let others = Double(otherArrivals) * each
    return arriving.addingSaturated(UInt64(min(others, 0x1p62)))
  }

  mutating func add(_ other: SchedulerLag) {
    sleeps &+= other.sleeps
    leaving = leaving.addingSaturated(other.leaving)
    reading = reading.addingSaturated(other.reading)
    wakeups &+= other.wakeups
    waking = waking.addingSaturated(other.waking)
    arriving = arriving.addingSaturated(other.arriving)
    otherArrivals &+= other.otherArrivals
  }
}
