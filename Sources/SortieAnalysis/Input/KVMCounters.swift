import SortieTrace

/// What KVM's own statistic `exits` counted while the trace was recorded, by VM and vCPU.
struct KVMCounters {
  private struct Key: Hashable {
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

  private var exits: [Key: Snapshots] = [:]

  /// The snapshots in the rows of a `statistics` table.
  init(_ rows: [StatisticRow]) {
    for row in rows where row.name == "exits" {
      guard let vcpu = row.vcpu else { continue }
      let (tsc, number) = (row.tsc, row.number)
      let key = Key(vm: row.vm, vcpu: vcpu)
      guard var known = exits[key] else {
        exits[key] = Snapshots(firstTSC: tsc, first: number, lastTSC: tsc, last: number)
        continue
      }
      known.count += 1
      if tsc < known.firstTSC { (known.firstTSC, known.first) = (tsc, number) }
      if tsc >= known.lastTSC { (known.lastTSC, known.last) = (tsc, number) }
      exits[key] = known
    }
  }

  /// The difference between the first and the last snapshot, summed over the vCPUs of a VM; nil without two snapshots.
  func exits(of vm: UInt32) -> UInt64? {
    let pairs = exits.filter { $0.key.vm == vm && $0.value.count > 1 && $0.value.last >= $0.value.first }
    guard !pairs.isEmpty else { return nil }
    return pairs.values.reduce(0) { $0 &+ ($1.last - $1.first) }
  }
}
