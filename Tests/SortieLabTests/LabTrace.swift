import SortieTrace
import SystemPackage
import Testing

/// A trace that was recorded in the lab, as its raw events: not through the analysis.
struct LabTrace {
  /// One vCPU's events on the host's clock.
  struct VCPU {
    /// All records, in order.
    var records: [RoundTripRecord] = []
    /// Guest stamps as taken, guest TSC, in order.
    var spans: [GuestSpanRecord] = []
    /// Guest TSC minus host TSC, modulo 2^64.
    var tscOffset: UInt64?
  }

  let file: TraceFile
  let vcpus: [VCPU]

  /// The trace of a workload.
  init(_ workload: String) throws {
    file = try TraceFile(path: Lab.file(workload + ".sortie", of: workload))
    var vcpus: [VCPU] = []
    for row in try file.rows(VCPURow.self) {
      var vcpu = VCPU(tscOffset: row.tscOffset.map { UInt64(bitPattern: $0) })
      for stream in try file.rows(StreamRow.self) where stream.vcpu == row.vcpu {
        if stream.kind == .vmm {
          try file.forEachRoundTrip(of: stream.stream) { vcpu.records.append($0) }
        } else if stream.kind == .guest {
          for block in file.blocks where block.stream == stream.stream {
            let spans = try file.guestSpans(in: block)
            vcpu.spans += zip(spans.g0, spans.g1).map { GuestSpanRecord(g0: $0, g1: $1) }
          }
        }
      }
      vcpus.append(vcpu)
    }
    self.vcpus = vcpus
  }

  /// Returns of `KVM_RUN` that the guest caused, by reason.
  var roundTrips: [UInt32: UInt64] {
    var counts: [UInt32: UInt64] = [:]
    for record in vcpus.flatMap(\.records)
    where record.flags.isDisjoint(with: [.kick, .firstEntry, .coalesced]) {
      counts[record.reason, default: 0] += 1
    }
    return counts
  }

  /// By how much a KVM statistic grew, over all vCPUs; nil where it is not there twice.
  func growth(_ statistic: String) throws -> UInt64? {
    let rows = try file.rows(StatisticRow.self).filter { $0.name == statistic && $0.vcpu != nil }
    guard let first = rows.map(\.tsc).min(), let last = rows.map(\.tsc).max(), first < last else {
      return nil
    }
    let sum = { (tsc: UInt64) in rows.filter { $0.tsc == tsc }.reduce(UInt64(0)) { $0 + $1.number } }
    return sum(last) - sum(first)
  }

  /// What the trace says of its run.
  func attribute(_ name: String) throws -> String? {
    try file.rows(VMAttribute.self).last { $0.name == name }?.value
  }
}
