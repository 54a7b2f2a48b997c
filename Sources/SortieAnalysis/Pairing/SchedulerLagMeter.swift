import SortieTrace

/// Follows the scheduler's events on one vCPU thread, between the readings of its account with the scheduler, and measures
/// how late they are.
struct SchedulerLagMeter {
  private(set) var sum = SchedulerLag()
  private let window: ClosedRange<UInt64>?
  /// The last `sched_stat_runtime` since the thread came to its CPU.
  private var accounted: UInt64?
  private var isAsleep = false
  private var waking: UInt64?
  /// `sched_waking` of the wake-up that ended the last sleep.
  private var woken: UInt64?

  /// `window` nil: there are no readings, and nothing is measured.
  init(within window: ClosedRange<UInt64>?) { self.window = window }

  /// The next event, of any kind.
  mutating func add(_ event: KernelEventRecord) {
    guard let window, window.contains(event.tsc) else { return }
    let tsc = event.tsc
    switch event.kind {
    case .accounted: accounted = tsc
    case .switchedOut(_, let departure):
      isAsleep = departure != .preempted
      (waking, woken) = (nil, nil)
      guard isAsleep, let read = accounted, read <= tsc else { return }
      sum.sleeps += 1
      sum.leaving = sum.leaving.addingSaturated(tsc - read)
    case .waking: if isAsleep { waking = tsc }
    case .woken:
      guard isAsleep, let waking, waking <= tsc else { return }
      isAsleep = false
      sum.wakeups += 1
      sum.waking = sum.waking.addingSaturated(tsc - waking)
      woken = waking
    case .switchedIn(let fromIdle):
      if fromIdle, let woken, woken <= tsc {
        sum.arriving = sum.arriving.addingSaturated(tsc - woken)
      } else {
        sum.otherArrivals += 1
      }
      (accounted, isAsleep) = (nil, false)
    default: break
    }
  }
}
