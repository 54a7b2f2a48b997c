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
      guard isAsleep, let waking, waking <= tsc else { return }
      isAsleep = false
      sum.wakeups += 1
      sum.waking = sum.waking.addingSaturated(tsc - waking)
      woken = (waking, isUrgent)
    case .switchedIn(let fromIdle):
      if let woken, fromIdle || woken.isUrgent, woken.since <= tsc {
        sum.arriving = sum.arriving.addingSaturated(tsc - woken.since)
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
    guard isAsleep, let accounted, accounted.tsc <= tsc else { return }
    sum.sleeps += 1
    sum.leaving = sum.leaving.addingSaturated(tsc - accounted.tsc)
    guard let start = accounted.after, start <= accounted.tsc else { return }
    sum.reading = sum.reading.addingSaturated(accounted.tsc - start)
  }
}
