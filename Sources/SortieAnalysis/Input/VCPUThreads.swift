import SortieTrace

/// Which thread runs which vCPU since when, and what threads are called.
struct VCPUThreads {
  /// A vCPU of a VM.
  struct VCPU: Hashable {
    var vm: UInt32
    var vcpu: UInt32
  }

  private struct Tenure {
    var since: UInt64
    var vcpu: VCPU
  }

  private var tenures: [UInt32: [Tenure]] = [:]
  private var names: [UInt32: String] = [:]

  /// The threads in the rows of a `threads` table.
  init(_ rows: [ThreadRow]) {
    for row in rows {
      if let name = row.name { names[row.thread] = name }
      guard let vcpu = row.vcpu else { continue }
      tenures[row.thread, default: []].append(
        Tenure(since: row.since ?? 0, vcpu: VCPU(vm: row.vm, vcpu: vcpu)))
    }
    for thread in tenures.keys { tenures[thread]?.sort { $0.since < $1.since } }
  }

  /// The vCPU that `thread` ran at `tsc`, host TSC; nil if the table does not say that it ran one.
  func vcpu(of thread: UInt32, at tsc: UInt64) -> VCPU? {
    tenures[thread]?.last { $0.since <= tsc }?.vcpu
  }

  /// What a thread is called; nil if the trace does not say.
  func name(of thread: UInt32) -> String? { names[thread] }
}
