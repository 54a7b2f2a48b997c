import SortieTrace

/// A trace of one run whose figures are known: operations that each exit once, 10,000 cycles apart. A heavy one is 300 cycles
/// on the exit path, 200 in the kernel, 300 on the switch and 200 on the entry path, and as long in the VMM as one likes; a
/// light one 300, 700 in the kernel, and 200.
public struct ComparedTrace {
  /// Operations performed.
  public var operations: UInt64 = 1000
  /// They go to the VMM; else the kernel handles them.
  public var isHeavy = true
  /// The port written.
  public var port: UInt64 = 0xe0
  /// In the VMM, cycles.
  public var vmmCycles: UInt64 = 400
  /// The kernel's events are recorded.
  public var hasKernelEvents = false
  /// What the run is called.
  public var workload = "pio-write"
  /// Further attributes of the VM.
  public var attributes: [String: String] = [:]
  /// Attributes of the host.
  public var host = ["kernel": "6.18.0", "cpu_model": "AMD EPYC", "emulated_guest_code": "false"]
  /// VMs, of names that differ.
  public var vms: UInt32 = 1

  /// A trace to be changed as needed.
  public init() {}

  /// The events.
  public var trace: MemoryTrace {
    var trace = MemoryTrace()
    for (name, value) in host { trace.setHost(name, value) }
    var events: [KernelFixture] = []
    for vm in 0..<vms { add(vm, to: &trace, &events) }
    if hasKernelEvents { trace.add(events) }
    return trace
  }

  private func add(_ vm: UInt32, to trace: inout MemoryTrace, _ events: inout [KernelFixture]) {
    let base = 1_000_000 + UInt64(vm) * 1_000_000_000
    let thread = 1000 + vm
    func add(_ tsc: UInt64, _ kind: KernelFixture.Kind) {
      events.append(KernelFixture(tsc, kind, thread: thread))
    }
    var records = [RoundTripRecord(u1: base, flags: .firstEntry)]
    var spans: [GuestSpanRecord] = []
    add(base + 100, .load)
    add(base + 200, .entry)
    for operation in 0..<operations {
      let k0 = base + 10_000 * (operation + 1)
      add(k0, .exit(0x7b))
      var k2 = k0 + 700
      if isHeavy {
        let u0 = k0 + 300
        let u1 = u0 + vmmCycles
        k2 = u1 + 200
        add(k0 + 100, .unload)
        add(k0 + 200, .userspace)
        records.append(
          RoundTripRecord(
            u0: u0, u1: u1, rip: 0x10_0012, address: port, reason: 2, count: 1, size: 4,
            flags: [.write, .ripIsNext]))
        add(u1 + 100, .load)
      }
      add(k2, .entry)
      spans.append(GuestSpanRecord(g0: k0 - 300, g1: k2 + 200))
    }
    let end = base + 10_000 * (operations + 2)
    add(end - 300, .exit(0x7b))
    add(end - 200, .unload)
    records.append(
      RoundTripRecord(
        u0: end, rip: 0x10_0040, address: 0xf4, reason: 2, count: 1, size: 4, flags: [.write, .ripIsNext]))
    trace.add(records, vm: vm)
    trace.add(spans, vm: vm)
    trace.setOffset(0, vm: vm)
    trace.setThread(thread, vm: vm)
    let own = [
      "workload": vm == 0 ? workload : "\(workload)-\(vm)", "iterations": "\(operations)",
      "operation_class": isHeavy ? "heavy" : "light", "outcome": "completed: debug exit",
    ]
    for (name, value) in own.merging(attributes, uniquingKeysWith: { $1 }) { trace.setVM(vm, name, value) }
  }
}
