import SortieTrace

/// Follows the scheduler's events on one vCPU thread, between the readings of its account with the scheduler, and measures
/// how late they are.
struct SchedulerLagMeter {
  private(set) var sum = SchedulerLag()
  private let window: ClosedRange<UInt64>?
  /// The last `rcu_utilization` since the thread came to its CPU.
  private var reading: UInt64?
  /// The last `sched_stat_runtime` since then, and the `rcu_utilization` before it.
  private var accounted: (after: UInt64?, tsc: UInt64)?
  private var isAsleep = false
  private var waking: UInt64?
  /// `sched_waking` of the wake-up that ended the last sleep, and whether the CPU was to take another thread then.
  private var woken: (since: UInt64, isUrgent: Bool)?

  /// `window` nil: there are no readings, and nothing is measured.
  init(within window: ClosedRange<UInt64>?) { self.window = window }

  /// The next event, of any kind.
  mutating func add(_ event: KernelEventRecord) {
    guard let window, window.contains(event.tsc) else { return }
    let tsc = event.tsc
    switch event.kind {
    case .reading: reading = tsc
    case .accounted: accounted = (reading, tsc)
    case .switchedOut(_, let departure): leave(at: tsc, isAsleep: departure != .preempted)
    case .waking: if isAsleep { waking = tsc }
    case .woken(let isUrgent):
      guard isAsleep, let waking else { return }
      isAsleep = false
      sum.wakeups.add(tsc, earliest: waking, latest: tsc)
      woken = (waking, isUrgent)
    case .switchedIn(let fromIdle):
      if let woken, fromIdle || woken.isUrgent {
        sum.arrivals.add(tsc, earliest: woken.since, latest: tsc)
      } else {
        sum.otherArrivals += 1
      }
      (reading, accounted, isAsleep) = (nil, nil, false)
    default: break
    }
  }

  private mutating func leave(at tsc: UInt64, isAsleep: Bool) {
    self.isAsleep = isAsleep
    (waking, woken) = (nil, nil)
    guard let accounted else { return }
    if isAsleep {
      sum.sleeps.add(tsc, earliest: accounted.after ?? accounted.tsc, latest: accounted.tsc)
    } else if let reading, accounted.after == reading {
      sum.preemptions.add(tsc, earliest: reading, latest: accounted.tsc)
    } else {
      // The switch did not read the clock: a wake-up before it did, and accounted for this thread unless that was done
      // by another CPU, which was not recorded.
      sum.preemptions.add(tsc, earliest: accounted.tsc, latest: tsc)
    }
  }
}
