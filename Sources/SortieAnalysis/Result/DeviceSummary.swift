import SortieTrace

/// What a device of a VM was asked for, under one name however many ranges of addresses it answers at, and what the
/// thread of that name did for it.
public struct DeviceSummary: Sendable, Equatable {
  /// VM index.
  public var vm: UInt32
  /// Its name, or that of a thread which several devices share.
  public var device: String
  /// Round trips of the guest that entered it.
  public var roundTrips: UInt64 = 0
  /// `u0..u1` of those that have both stamps, summed, cycles.
  public var vmmCycles: UInt64 = 0
  /// The same over the time of its VM's vCPU threads, 0 to 1; nil where none was timed.
  public var vcpuTimeShare: Double?
  /// CPU time of its thread outside the vCPU threads, ns; nil where it has none.
  public var threadCPUTime: UInt64?
  /// What the guest did that made it stop; nil where it did not.
  public var fault: String?

  /// The devices of all VMs, by VM, those that took most time of the vCPU threads first.
  ///
  /// The attributes `device_fault.NAME` and `thread_cpu_ns.NAME` of a VM say what its events do not.
  static func rows(of sites: [SiteCost], _ vms: [VMSummary]) -> [DeviceSummary] {
    var rows: [Key: DeviceSummary] = [:]
    func change(_ vm: UInt32, _ device: String, _ body: (inout DeviceSummary) -> Void) {
      body(&rows[Key(vm: vm, device: device), default: DeviceSummary(vm: vm, device: device)])
    }
    for site in sites where site.interval == .vmm && site.exitClass == .heavy {
      guard let device = site.device else { continue }
      change(site.vm, device) { row in
        row.roundTrips &+= site.count
        row.vmmCycles = row.vmmCycles.addingSaturated(site.cycles.sum)
        if let share = site.vcpuTimeShare { row.vcpuTimeShare = (row.vcpuTimeShare ?? 0) + share }
      }
    }
    for vm in vms {
      for (name, value) in vm.attributes.values {
        if let device = name.tail(behind: "device_fault.") {
          change(vm.vm, device) { $0.fault = value }
        } else if let thread = name.tail(behind: "thread_cpu_ns."), let time = UInt64(value) {
          change(vm.vm, thread) { $0.threadCPUTime = time }
        }
      }
    }
    return rows.values.sorted {
      ($0.vm, $1.vmmCycles, $1.roundTrips, $0.device) < ($1.vm, $0.vmmCycles, $0.roundTrips, $1.device)
    }
  }

  private struct Key: Hashable {
    var vm: UInt32
    var device: String
  }
}

extension String {
  /// What stands behind `prefix`; nil where that is not how it begins.
  fileprivate func tail(behind prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}
