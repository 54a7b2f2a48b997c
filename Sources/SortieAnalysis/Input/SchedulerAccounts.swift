import SortieTrace

/// What the scheduler counted of a vCPU's thread between two readings of its `schedstat`.
struct SchedulerAccount: Equatable {
  /// The stamps of the readings, host TSC.
  var window: ClosedRange<UInt64>
  /// On a CPU, ns.
  var onCPU: UInt64
  /// Able to run and waiting for a CPU, ns.
  var runDelay: UInt64
  /// Times it was given a CPU.
  var timeslices: UInt64
}

/// The accounts of all vCPU threads, from the `schedstat_*` rows of a `statistics` table (FORMAT.md, section 11).
struct SchedulerAccounts {
  private enum Name: String {
    case onCPU = "schedstat_on_cpu_ns"
    case runDelay = "schedstat_run_delay_ns"
    case timeslices = "schedstat_timeslices"
  }

  private struct Reading {
    var tsc: UInt64
    var numbers: [Name: UInt64] = [:]
  }

  private var readings: [VCPUThreads.VCPU: (first: Reading, last: Reading)] = [:]

  init(_ rows: [StatisticRow]) {
    for row in rows {
      guard let name = Name(rawValue: row.name), let vcpu = row.vcpu else { continue }
      let key = VCPUThreads.VCPU(vm: row.vm, vcpu: vcpu)
      var known = readings[key] ?? (Reading(tsc: row.tsc), Reading(tsc: row.tsc))
      if row.tsc < known.first.tsc { known.first = Reading(tsc: row.tsc) }
      if row.tsc > known.last.tsc { known.last = Reading(tsc: row.tsc) }
      if row.tsc == known.first.tsc { known.first.numbers[name] = row.number }
      if row.tsc == known.last.tsc { known.last.numbers[name] = row.number }
      readings[key] = known
    }
  }

  /// The account of a vCPU's thread; nil without two readings.
  subscript(vcpu: VCPUThreads.VCPU) -> SchedulerAccount? {
    guard let (first, last) = readings[vcpu], first.tsc < last.tsc else { return nil }
    func growth(_ name: Name) -> UInt64? {
      guard let before = first.numbers[name], let after = last.numbers[name], after >= before else {
        return nil
      }
      return after - before
    }
    guard let onCPU = growth(.onCPU), let runDelay = growth(.runDelay), let timeslices = growth(.timeslices)
    else { return nil }
    return SchedulerAccount(
      window: first.tsc...last.tsc, onCPU: onCPU, runDelay: runDelay, timeslices: timeslices)
  }
}
