import SortieTrace

/// How far the scheduler's events are from its own readings of its clock, as measured between pairs of events.
///
/// The scheduler reads a CPU's clock once at the beginning of a switch or of a wake-up, accounts by that reading, and
/// reports the switch or the wake-up at its end (`__schedule`, `ttwu_queue`, kernel/sched/core.c). The reading of a switch
/// is between its `rcu_utilization`, which is only recorded with details, and `sched_stat_runtime` (`update_curr`,
/// kernel/sched/fair.c), else taken to be at the latter; that of a wake-up is between `sched_waking` and `sched_wakeup`;
/// nothing says where. A switch that a wake-up caused, also from an idle CPU, goes
/// by the reading of the wake-up (`rq_clock_skip_update`) or, where there was another one meanwhile, by that.
public struct SchedulerLag: Sendable, Equatable {
  /// Events of one kind, and how long before them the scheduler read its clock, all of them together.
  public struct Delay: Sendable, Equatable {
    /// Events.
    public var count: UInt64 = 0
    /// The shortest time that the events around the readings allow, cycles.
    public var least: UInt64 = 0
    /// The longest, cycles.
    public var most: UInt64 = 0

    /// Halfway between the two, cycles.
    var middle: UInt64 { least.addingSaturated(uncertainty) }
    /// How far from there the truth may be, cycles.
    var uncertainty: UInt64 { most > least ? (most - least) / 2 : 0 }

    /// An event at `tsc`, the reading between `earliest` and `latest`; one that is in no such order is not counted.
    mutating func add(_ tsc: UInt64, earliest: UInt64, latest: UInt64) {
      guard earliest <= latest, latest <= tsc else { return }
      count += 1
      least = least.addingSaturated(tsc - latest)
      most = most.addingSaturated(tsc - earliest)
    }

    mutating func add(_ other: Delay) {
      count &+= other.count
      least = least.addingSaturated(other.least)
      most = most.addingSaturated(other.most)
    }
  }

  /// `sched_switch` from the thread, which goes to sleep.
  public var sleeps = Delay()
  /// `sched_switch` from the thread, which could have gone on.
  public var preemptions = Delay()
  /// `sched_wakeup` of the thread.
  public var wakeups = Delay()
  /// `sched_switch` to the thread, caused by a wake-up of it.
  public var arrivals = Delay()
  /// `sched_switch` to the thread otherwise: the reading is of the thread before it, and taken to be as early at the most
  /// as those of this thread's own departures are.
  public var otherArrivals: UInt64 = 0

  /// Nothing measured.
  public init() {}

  /// `sched_switch` to the thread.
  var allArrivals: Delay {
    let each =
      Double(sleeps.most.addingSaturated(preemptions.most))
      / Double(max(sleeps.count.addingSaturated(preemptions.count), 1))
    var all = arrivals
    all.add(Delay(count: otherArrivals, most: UInt64(min(Double(otherArrivals) * each, 0x1p62))))
    return all
  }

  mutating func add(_ other: SchedulerLag) {
    sleeps.add(other.sleeps)
    preemptions.add(other.preemptions)
    wakeups.add(other.wakeups)
    arrivals.add(other.arrivals)
    otherArrivals &+= other.otherArrivals
  }
}
