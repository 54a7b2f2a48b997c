public import SortieTrace
public import SystemPackage

/// A trace that was recorded in the lab, as its raw events: not through the analysis.
public struct LabTrace: Sendable {
  /// A `kvm_exit` event.
  public struct Exit: Sendable {
    /// `exit_reason`, as SVM numbers it.
    public var reason: UInt32
    /// The guest's instruction pointer.
    public var rip: UInt64
    /// EXITINFO2: of a nested page fault, the guest physical address.
    public var info2: UInt64
  }

  /// One vCPU's events on the host's clock.
  public struct VCPU: Sendable {
    /// Its number within the VM.
    public var index: UInt32
    /// Kernel id of its thread.
    public var thread: UInt32?
    /// All records, in order.
    public var records: [RoundTripRecord] = []
    /// Guest stamps as taken, guest TSC, in order.
    public var spans: [GuestSpanRecord] = []
    /// Guest TSC minus host TSC, modulo 2^64.
    public var tscOffset: UInt64?
    /// Its `kvm_exit` events, in no order where its thread moved between CPUs.
    public var exits: [Exit] = []

    /// `kvm_exit` events by reason.
    public var exitsByReason: [UInt32: UInt64] {
      exits.reduce(into: [:]) { $0[$1.reason, default: 0] += 1 }
    }
  }

  /// The file.
  public let file: TraceFile
  /// Its vCPUs.
  public let vcpus: [VCPU]

  /// The trace in a file.
  ///
  /// - Throws: ``TraceError``.
  public init(_ path: FilePath) throws {
    file = try TraceFile(path: path)
    var vcpus: [VCPU] = []
    let threads = try file.rows(ThreadRow.self)
    let exits = try Self.exits(file)
    for row in try file.rows(VCPURow.self) {
      var vcpu = VCPU(
        index: row.vcpu, thread: threads.first { $0.vcpu == row.vcpu }?.thread,
        tscOffset: row.tscOffset.map { UInt64(bitPattern: $0) }, exits: exits[row.vcpu] ?? [])
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

  /// The `kvm_exit` events of all CPUs' streams, by vCPU.
  private static func exits(_ file: TraceFile) throws -> [UInt32: [Exit]] {
    let event = try file.rows(EventFormatRow.self).first { $0.name == "kvm/kvm_exit" }?.event
    let streams = Set(try file.rows(StreamRow.self).filter { $0.kind == .kernel }.map(\.stream))
    var exits: [UInt32: [Exit]] = [:]
    for block in file.blocks {
      guard let stream = block.stream, streams.contains(stream) else { continue }
      let set = try file.decode(block)
      func integers(_ id: ColumnID) -> [UInt64] {
        if case .integers(let values)? = set[id]?.values { values } else { [] }
      }
      let (events, reasons, info2) = (integers(.kernelEvent), integers(.reason), integers(.info2))
      let (vcpus, rips) = (integers(.vcpu), integers(.rip))
      for row in events.indices where events[row] == event {
        exits[UInt32(vcpus[row]), default: []].append(
          Exit(reason: UInt32(reasons[row]), rip: rips[row], info2: info2[row]))
      }
    }
    return exits
  }

  /// Returns of `KVM_RUN` that the guest caused, by reason.
  public var roundTrips: [UInt32: UInt64] {
    var counts: [UInt32: UInt64] = [:]
    for record in vcpus.flatMap(\.records)
    where record.flags.isDisjoint(with: [.kick, .firstEntry, .coalesced]) {
      counts[record.reason, default: 0] += 1
    }
    return counts
  }

  /// By how much a KVM statistic of a vCPU grew, or of all; nil where it is not there twice.
  ///
  /// - Throws: ``TraceError``.
  public func growth(_ statistic: String, of vcpu: UInt32? = nil) throws -> UInt64? {
    var sum: UInt64?
    for index in vcpus.map(\.index) where vcpu == nil || index == vcpu {
      let rows = try file.rows(StatisticRow.self).filter { $0.name == statistic && $0.vcpu == index }
      guard let first = rows.min(by: { $0.tsc < $1.tsc }), let last = rows.max(by: { $0.tsc < $1.tsc }),
        first.tsc < last.tsc
      else { return nil }
      sum = (sum ?? 0) + last.number - first.number
    }
    return sum
  }

  /// What the trace says of its run.
  ///
  /// - Throws: ``TraceError``.
  public func attribute(_ name: String) throws -> String? {
    try file.rows(VMAttribute.self).last { $0.name == name }?.value
  }
}
