import SortieTrace

/// What KVM's own statistics of the vCPUs counted while the trace was recorded, by name and VM.
struct KVMCounters {
  /// The statistics that are looked at.
  enum Name: String, CaseIterable {
    /// Exits of the guest.
    case exits
    /// The host's segment and MSR state was put back, which light exits do without.
    case hostStateReloads = "host_state_reload"
    /// The guest's FPU state was loaded again.
    case fpuReloads = "fpu_reload"
  }

  private struct Key: Hashable {
    var name: Name
    var vm: UInt32
    var vcpu: UInt32
  }

  private struct Snapshots {
    var firstTSC: UInt64
    var first: UInt64
    var lastTSC: UInt64
    var last: UInt64
    var count = 1
  }

  private var counters: [Key: Snapshots] = [:]

  /// The snapshots in the rows of a `statistics` table.
  init(_ rows: [StatisticRow]) {
    for row in rows {
      guard let name = Name(rawValue: row.name), let vcpu = row.vcpu else { continue }
      let (tsc, number) = (row.tsc, row.number)
      let key = Key(name: name, vm: row.vm, vcpu: vcpu)
      guard var known = counters[key] else {
        counters[key] = Snapshots(firstTSC: tsc, first: number, lastTSC: tsc, last: number)
        continue
      }
      known.count += 1
      if tsc < known.firstTSC { (known.firstTSC, known.first) = (tsc, number) }
      if tsc >= known.lastTSC { (known.lastTSC, known.last) = (tsc, number) }
      counters[key] = known
    }
  }

  /// The difference between the first and the last snapshot, summed over the vCPUs of a VM; nil without two snapshots.
  func growth(of name: Name, vm: UInt32) -> UInt64? {
    let pairs = counters.filter {
      $0.key.name == name && $0.key.vm == vm && $0.value.count > 1 && $0.value.last >= $0.value.first
    }
    guard !pairs.isEmpty else { return nil }
    return pairs.values.reduce(0) { $0 &+ ($1.last - $1.first) }
  }
}
