import SortieTrace

/// What the runs of one workload say as a whole, on one side of a comparison.
public struct RunFigures: Sendable, Equatable {
  /// Operations that the guest performed; nil where the trace does not say.
  public var operations: UInt64?
  /// Round trips that the guest caused.
  public private(set) var heavy: UInt64
  /// Exits that the kernel handled; nil without its events of them.
  public private(set) var light: UInt64?
  /// Round trips caused from outside.
  public private(set) var kicks: UInt64
  /// What the guest stamped; nil where it stamped nothing.
  public private(set) var guest: GuestFigures?
  /// From the first to the last `KVM_RUN` of any vCPU, cycles; of several runs their sum.
  public private(set) var cycles: UInt64
  /// CPU time of the vCPU threads, ns, as the scheduler counts it; nil where it was not read.
  public private(set) var vcpuCPUTime: UInt64?
  /// CPU time of the devices' own threads, ns; nil where they have none.
  public private(set) var deviceCPUTime: UInt64?

  /// The figures of a VM of a trace.
  init(_ vm: VMSummary, _ analysis: Analysis) {
    operations = Self.operations(vm.attributes)
    heavy = vm.roundTrips &- vm.kicks
    kicks = vm.kicks
    light =
      analysis.totals.exitEvents == nil
      ? nil : analysis.exits.filter { $0.vm == vm.vm }.reduce(0) { $0 &+ $1.light }
    guest = GuestFigures(vm)
    let vcpus = analysis.vcpus.filter { $0.vm == vm.vm }
    let first = vcpus.map(\.time.first).filter { $0 > 0 }.min() ?? 0
    let last = vcpus.map(\.time.last).max() ?? 0
    cycles = last > first ? last - first : 0
    vcpuCPUTime = vcpus.reduce(vcpus.isEmpty ? nil : 0) { sum, vcpu in
      vcpu.scheduler.flatMap { scheduler in sum.map { $0.addingSaturated(scheduler.onCPU) } }
    }
    deviceCPUTime = analysis.devices.filter { $0.vm == vm.vm }.compactMap(\.threadCPUTime).reduce(nil) {
      ($0 ?? 0).addingSaturated($1)
    }
  }

  /// Operations of a run that came to its end: those of an I/O plan, else its iterations. A guest of the user's own counts
  /// none, and one that was stopped says nothing of how far it came.
  private static func operations(_ attributes: Attributes) -> UInt64? {
    guard attributes["outcome"]?.hasPrefix("completed") == true,
      let operations = attributes.number("io_operations") ?? attributes.number("iterations"), operations > 0
    else { return nil }
    return operations
  }

  @discardableResult
  mutating func add(_ other: RunFigures) -> Bool {
    func sum(_ a: UInt64?, _ b: UInt64?) -> UInt64? { a.flatMap { a in b.map { a.addingSaturated($0) } } }
    operations = sum(operations, other.operations)
    heavy &+= other.heavy
    light = sum(light, other.light)
    kicks &+= other.kicks
    if guest == nil { guest = other.guest } else if let added = other.guest { guest?.add(added) }
    cycles = cycles.addingSaturated(other.cycles)
    vcpuCPUTime = sum(vcpuCPUTime, other.vcpuCPUTime)
    if let added = other.deviceCPUTime { deviceCPUTime = (deviceCPUTime ?? 0).addingSaturated(added) }
    return true
  }

  /// `value` for each operation; nil where their number is not known.
  public func perOperation(_ value: Double?) -> Double? {
    guard let value, let operations, operations > 0 else { return nil }
    return value / Double(operations)
  }

  /// Exits of each operation; nil where their number, or that of operations, is not known.
  public var heavyPerOperation: Double? { perOperation(Double(heavy)) }
  /// The same of those that the kernel handled.
  public var lightPerOperation: Double? { perOperation(light.map { Double($0) }) }

  /// `g0..g1` of an operation, cycles: the median of what the guest stamped, shared out over the operations where it stamps
  /// several at once; nil where it stamps nothing.
  public var guestCyclesPerOperation: Double? {
    guard let guest, let median = guest.median else { return nil }
    return perOperation(Double(median) * Double(guest.allSpans))
  }

  /// The same by the mean.
  public var meanGuestCyclesPerOperation: Double? {
    guest.flatMap { perOperation($0.mean * Double($0.allSpans)) }
  }

  /// The five stages of an operation, shared out like ``meanGuestCyclesPerOperation``; nil without events of the kernel.
  public var stagesPerOperation: StageSummary? {
    guard let guest, let factor = perOperation(Double(guest.allSpans)) else { return nil }
    return guest.stages?.scaled(by: factor)
  }

  /// Round trips inside an operation, by those that were paired: without those of starting up; nil where nothing was.
  public var roundTripsPerOperation: Double? {
    guard let guest else { return nil }
    return perOperation(Double(guest.roundTrips) / Double(max(guest.spans, 1)) * Double(guest.allSpans))
  }

  /// Heavy exits that belong to no operation, shared out over them: those of setting up; nil where that is not known.
  public var heavyOutsidePerOperation: Double? {
    guard let heavy = heavyPerOperation, let inside = roundTripsPerOperation else { return nil }
    return max(heavy - inside, 0)
  }

  /// Exits inside an operation which the kernel handled, interrupts of the host apart; nil where that is not known.
  public var lightInsidePerOperation: Double? {
    guard let guest, let staged = guest.staged, staged > 0 else { return nil }
    return perOperation(Double(guest.lightExits) / Double(staged) * Double(guest.allSpans))
  }

  /// Operations a second while the guest was at them, by the mean of `g0..g1`; where it stamps nothing, from the first to the
  /// last `KVM_RUN`; nil where their number or the TSC's frequency is not known.
  public func operationsPerSecond(_ tscKilohertz: UInt64?) -> Double? {
    guard let operations, let tscKilohertz, cycles > 0 else { return nil }
    let each = meanGuestCyclesPerOperation ?? Double(cycles) / Double(operations)
    return each > 0 ? Double(tscKilohertz) * 1000 / each : nil
  }
}
