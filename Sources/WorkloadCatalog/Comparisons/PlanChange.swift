/// Another I/O plan than a comparison's own, for all of its variants.
public struct PlanChange: Sendable, Equatable {
  /// Bytes of an operation; nil: as they are.
  public var bytes: UInt64?
  /// What data, directions and blocks are drawn from; nil: as it is.
  public var seed: UInt64?
  /// Of disks, writes among the operations, percent; nil: as they are.
  public var writePercent: UInt64?
  /// Of disks, block after block, and not in random order.
  public var isSequential = false

  /// No change.
  public init() {}

  /// Whether it changes what only disks have.
  public var isOfDisks: Bool { writePercent != nil || isSequential }
}

extension ReadyComparison {
  /// Whether its variants perform an I/O plan.
  public var hasPlan: Bool { variants.allSatisfy { Workload.named($0.workload)?.device != nil } }

  /// Whether they perform it on disks.
  public var isOfDisks: Bool {
    variants.allSatisfy { [.ide, .virtioBlock].contains(Workload.named($0.workload)?.device) }
  }

  /// The same of another plan. Precondition: ``hasPlan``, and ``isOfDisks`` where the change is.
  public func changed(by change: PlanChange) -> ReadyComparison {
    guard change != PlanChange() else { return self }
    var changed = self
    if let bytes = change.bytes { changed.bytes = bytes }
    if let percent = change.writePercent, percent == 0 || percent == 100 { changed.hasSeveralKinds = false }
    changed.variants = variants.map { $0.changed(by: change) }
    return changed
  }
}

extension ReadyComparison.Variant {
  fileprivate func changed(by change: PlanChange) -> Self {
    // Their order is the same for all guests with a plan; 0 stands for the guest's own number.
    var values = parameters
    func set(_ index: Int, _ value: UInt64?) {
      guard let value else { return }
      while values.count <= index { values.append(0) }
      values[index] = value
    }
    set(0, change.bytes)
    set(1, change.seed)
    set(2, change.writePercent)
    set(3, change.isSequential ? 1 : nil)
    var changed = self
    changed.parameters = values
    changed.isOfOwnPlan = false
    changed.prediction = "Of the comparison's own plan: \(prediction)"
    return changed
  }

  /// Round trips of an operation as the catalog expects them: what a run of twice as many has more.
  func expectedHeavy(of operations: UInt64, on host: HostKind) -> ClosedRange<Double>? {
    guard operations > 0, operations <= .max / 2, let workload = Workload.named(workload) else { return nil }
    var host = host
    if isOptionGiven("--irqchip", "split") { host.irqchip = .split }
    let expectation = workload.expectation(
      on: host, parameters: parameters, kick: isOptionGiven("--kick", "exit") ? .exit : .ioeventfd)
    let (once, twice) = (
      expectation.roundTripTotal(iterations: operations),
      expectation.roundTripTotal(iterations: 2 * operations)
    )
    func each(_ more: UInt64, _ less: UInt64) -> Double {
      Double(more - min(less, more)) / Double(operations)
    }
    let least = each(twice.lowerBound, once.lowerBound)
    return least...max(least, each(twice.upperBound, once.upperBound))
  }

  private func isOptionGiven(_ name: String, _ value: String) -> Bool {
    zip(options, options.dropFirst()).contains { $0 == name && $1 == value }
  }
}
