/// How long a vCPU thread was off its CPU before its first and after its last `KVM_RUN`, between the readings of its
/// account with the scheduler, which are taken a little before and after.
struct OutsideAbsences {
  /// Off the CPU, cycles.
  private(set) var cycles: UInt64 = 0
  private let window: ClosedRange<UInt64>?
  private var left: UInt64?
  /// The last arrival: no absence that is counted begins before, so that none is counted twice.
  private var arrived: UInt64 = 0

  /// `window` nil: there are no readings, and nothing is counted.
  init(within window: ClosedRange<UInt64>?) { self.window = window }

  /// An event outside.
  mutating func add(_ event: KernelEventRecord) {
    switch event.kind {
    case .switchedOut: left = event.tsc
    case .switchedIn:
      defer {
        left = nil
        arrived = max(arrived, event.tsc)
      }
      guard let window, let left, left >= arrived else { return }
      let (from, to) = (max(left, window.lowerBound), min(event.tsc, window.upperBound))
      if from < to { cycles += to - from }
    default: break
    }
  }
}
