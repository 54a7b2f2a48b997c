import SortieTrace

/// How far the scheduler's events are from its own readings of its clock, as measured between pairs of events.
///
/// The scheduler reads a CPU's clock once at the beginning of a switch or of a wake-up, accounts by that reading, and
/// reports the switch or the wake-up at its end (`__schedule`, `ttwu_queue`, kernel/sched/core.c). `sched_stat_runtime`
/// comes right after the reading that ends a time slice (`update_curr`, kernel/sched/fair.c). The reading of a wake-up is
/// between `sched_waking` and `sched_wakeup`, nothing says where. A CPU that was idle begins the woken thread's time slice
/// with the reading of the wake-up (`rq_clock_skip_update`) or, where it read again meanwhile, with one before the switch.
public struct SchedulerLag: Sendable, Equatable {
  /// Times the thread went to sleep that are in `leaving`.
  public var sleeps: UInt64 = 0
  /// From `sched_stat_runtime` to `sched_switch`, where the thread goes to sleep, cycles.
  public var leaving: UInt64 = 0
  /// Wake-ups that are in `waking`.
  public var wakeups: UInt64 = 0
  /// From `sched_waking` to `sched_wakeup`, cycles.
  public var waking: UInt64 = 0
  /// From `sched_waking` to `sched_switch`, where the CPU was idle, cycles.
  public var arriving: UInt64 = 0
  /// Times the thread came to its CPU otherwise: each is taken to be as late as a sleep of the same thread at the most.
  public var otherArrivals: UInt64 = 0

  /// Nothing measured.
  public init() {}

  /// By how much the beginning of a time slice may be earlier than `sched_switch`, all slices together, cycles.
  var mostBeforeArrivals: UInt64 {
    let others = sleeps == 0 ? 0 : Double(otherArrivals) * Double(leaving) / Double(sleeps)
    return arriving.addingSaturated(UInt64(min(others, 0x1p62)))
  }

  mutating func add(_ other: SchedulerLag) {
    sleeps &+= other.sleeps
    leaving = leaving.addingSaturated(other.leaving)
    wakeups &+= other.wakeups
    waking = waking.addingSaturated(other.waking)
    arriving = arriving.addingSaturated(other.arriving)
    otherArrivals &+= other.otherArrivals
  }
}
