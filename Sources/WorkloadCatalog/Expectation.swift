/// What a run of a workload should cause on one kind of host.
///
/// Exits that belong to the host and not to the workload (external interrupts, timers, the first touch of code and
/// stack pages) are in no list. Neither are returns of class `kick`.
public struct Expectation: Sendable, Hashable {
  /// Returns of `KVM_RUN`, the final debug-exit write included. A reason not listed does not occur.
  public var roundTrips: [UserExit: ExpectedCount]
  /// Hardware exits with at least one round trip. Empty where nothing exits in hardware.
  public var heavyExits: [HardwareExit: ExpectedCount]
  /// Hardware exits that the kernel handles by itself. Empty where nothing exits in hardware.
  public var lightExits: [HardwareExit: ExpectedCount]
  /// Events of the kvm tracepoints of the whole VM. One not listed does not occur, ``Tracepoint/pageFault`` apart,
  /// which the first touch of any page may cause.
  public var tracepoints: [Tracepoint: ExpectedCount]

  /// Nothing at all: the run does not get as far as its debug exit.
  init() {
    roundTrips = [:]
    heavyExits = [:]
    lightExits = [:]
    tracepoints = [:]
  }

  /// What every workload causes: one 4-byte write to the debug exit port.
  init(on host: HostKind) {
    let once = ExpectedCount(perIteration: 0, fixed: 1)
    roundTrips = [.io: once]
    heavyExits = host.hasHardwareExits ? [.io: once] : [:]
    lightExits = [:]
    tracepoints = [.pio: once]
  }

  /// Least and most returns of `KVM_RUN` in a run, class `kick` apart.
  public func roundTripTotal(iterations: UInt64) -> ClosedRange<UInt64> {
    roundTrips.values.map { $0.total(iterations: iterations) }.reduce(0...0) {
      let (least, leastOverflow) = $0.lowerBound.addingReportingOverflow($1.lowerBound)
      let (most, mostOverflow) = $0.upperBound.addingReportingOverflow($1.upperBound)
      return (leastOverflow ? .max : least)...(mostOverflow ? .max : most)
    }
  }

  /// Adds kicks of a virtio queue, which are writes to memory-mapped registers. VMX exits for the first with an EPT
  /// violation.
  mutating func expectKicks(_ count: ExpectedCount, _ kick: Workload.Kick, on host: HostKind) {
    let none = ExpectedCount(perIteration: 0)
    tracepoints[.mmio, default: none].add(count)
    switch kick {
    case .ioeventfd: expectLight(.mmio, count, on: host)
    case .exit:
      roundTrips[.mmio, default: none].add(count)
      if host.hasHardwareExits { heavyExits[.mmio, default: none].add(count) }
    }
  }

  /// Adds hardware exits that the kernel handles, where the host has any.
  mutating func expectLight(_ exit: HardwareExit, _ count: ExpectedCount, on host: HostKind) {
    if host.hasHardwareExits { lightExits[exit] = count }
  }

  /// Adds hardware exits that go to user space, where the host has any.
  mutating func expectHeavy(_ exit: HardwareExit, _ count: ExpectedCount, on host: HostKind) {
    if host.hasHardwareExits { heavyExits[exit] = count }
  }
}
