import SortieAnalysis
import SortieTrace
import TraceFixtures

/// What a vCPU thread did, as three recorders saw it: a first entry at 100, then what is added, then a last exit.
struct KernelLife {
  var kernel: [KernelFixture] = [KernelFixture(110, .load), KernelFixture(150, .entry)]
  var trips: [RoundTripRecord] = [entry(100)]
  var spans: [GuestSpanRecord] = []
  /// Where the last exit is; the last `KVM_RUN` returned 50 later.
  var end: UInt64 = 100_000

  static let vmmcall: UInt32 = 0x81
  static let io: UInt32 = 0x7b
  static let interrupt: UInt32 = 0x60

  mutating func event(_ tsc: UInt64, _ kind: KernelFixture.Kind) { kernel.append(KernelFixture(tsc, kind)) }

  /// A heavy exit: in cycles 100 exit path, 90 switch, 130 kernel, 60 VMM, 20 entry path; g0 at `tsc`.
  mutating func heavy(_ tsc: UInt64, port: UInt64 = 0xe0) {
    event(tsc + 100, .exit(Self.io))
    roundTrip(tsc + 150, port: port)
    event(tsc + 380, .entry)
    spans.append(span(tsc, tsc + 400))
  }

  /// A round trip with f0 at `tsc`, u0 50, u1 110 and f1 150 later.
  mutating func roundTrip(
    _ tsc: UInt64, port: UInt64 = 0xe0, flags: RoundTripRecord.Flags = .write
  ) {
    event(tsc, .unload)
    event(tsc + 20, .userspace)
    trips.append(trip(tsc + 50, tsc + 110, port: port, flags: flags))
    event(tsc + 150, .load)
  }

  /// A light exit: 100 exit path, 80 kernel, 20 entry path; g0 at `tsc`.
  mutating func light(_ tsc: UInt64, reason: UInt32 = vmmcall) {
    event(tsc + 100, .exit(reason))
    event(tsc + 180, .entry)
    spans.append(span(tsc, tsc + 200))
  }

  /// The trace of this life; `cpu` says on which CPU an event was recorded.
  func trace(
    operation: String = "heavy", blockSize: Int = 3, cpu: (KernelFixture) -> UInt32 = { _ in 0 }
  ) -> MemoryTrace {
    var trace = MemoryTrace()
    trace.add(trips + [trip(end + 50, 0, port: 0xf4)], blockSize: blockSize)
    trace.add(spans, blockSize: blockSize)
    let last: [KernelFixture] = [
      KernelFixture(end, .exit(Self.io)), KernelFixture(end + 10, .unload),
      KernelFixture(end + 20, .userspace),
    ]
    let byCPU = Dictionary(grouping: kernel + last, by: cpu)
    for (cpu, events) in byCPU.sorted(by: { $0.key < $1.key }) {
      trace.add(events, cpu: cpu, blockSize: blockSize)
    }
    trace.setThread(1000)
    trace.setOffset(0)
    trace.setVM(0, "workload", "w")
    trace.setVM(0, "operation_class", operation)
    return trace
  }

  func analysis(operation: String = "heavy") -> Analysis { analyze(trace(operation: operation)) }
}
