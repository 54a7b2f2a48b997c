internal import SortieDevices
public import SortieKVM
public import SystemPackage

/// What a machine knows of itself beyond its round trips.
extension Machine {
  /// vCPUs of the machine.
  public var vcpuCount: Int { threads.count }

  /// The kernel's id of the thread that runs vCPU `index`; nil before it runs.
  public func threadID(_ index: Int) -> UInt32? {
    let id = threads[index].kernelID
    return id == 0 ? nil : UInt32(id)
  }

  /// Guest TSC minus host TSC of vCPU `index`, cycles; nil where the kernel does not say (KVM_VCPU_TSC_OFFSET).
  public func tscOffset(_ index: Int) -> Int64? {
    (try? threads[index].vcpu.tscOffset()).flatMap { $0 }.map { Int64(bitPattern: $0) }
  }

  /// The stamp ring of vCPU `index` in guest memory, which lives as long as the machine.
  ///
  /// nil for a guest that has none.
  public func stampRing(_ index: Int) -> UnsafeMutableRawBufferPointer? {
    guard let range = layout?.rings[index] else { return nil }
    return memory.ram.bytes(at: range.lowerBound, count: UInt64(range.count))
  }

  /// KVM's own counters now: of the VM, then of each vCPU; those that this kernel offers.
  public func statistics() -> [(vcpu: Int?, snapshot: StatisticsSnapshot)] {
    var result: [(vcpu: Int?, snapshot: StatisticsSnapshot)] = []
    if let file = try? vm.vm.statistics(), let snapshot = try? file.snapshot() {
      result.append((nil, snapshot))
    }
    for thread in threads {
      if let file = try? thread.vcpu.statistics(), let snapshot = try? file.snapshot() {
        result.append((thread.index, snapshot))
      }
    }
    return result
  }

  /// What the scheduler had counted of the thread of vCPU `index` just before its first `KVM_RUN` and just after its
  /// last, or why that is not known; nil while it runs.
  public func schedulerReadings(
    _ index: Int
  ) -> Result<(first: SchedulerReading, last: SchedulerReading), Errno>? { threads[index].schedulerReadings }

  /// How often the guest's writes signalled the ioeventfds of `guest_abi.h`; nil where the machine has none.
  public func takeIOEventFDSignals() -> (port: UInt64, memory: UInt64)? { ioeventfds?.take() }

  /// The entries of each stamp ring; 0 for a guest that has none.
  public var stampRingCapacity: UInt64 { layout?.ringCapacity ?? 0 }
}
