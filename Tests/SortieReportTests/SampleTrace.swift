import SortieAnalysis
import SortieTrace
import TraceFixtures

/// A trace of one workload whose figures are known: 1,100 port writes, each 400 cycles in the VMM, in spans of 1,400.
func sampleTrace(vms: UInt32 = 1, emulated: Bool = true) -> MemoryTrace {
  var trace = MemoryTrace()
  trace.tscKilohertz = 2_445_430
  trace.setHost("emulated_guest_code", emulated ? "true" : "false")
  trace.setHost("hostname", "lab")
  trace.setHost("cpu_model", "AMD EPYC 9B14")
  trace.setHost("kernel", "6.18.0")
  trace.setHost("tsc_khz", "2445430")
  for vm in 0..<vms {
    let base = 1_000_000 + UInt64(vm) * 1_000_000_000
    var records = [RoundTripRecord(u1: base, flags: .firstEntry)]
    var spans: [GuestSpanRecord] = []
    var tsc = base
    for index in 0..<UInt64(1100) {
      let u0 = tsc + 20_000
      let u1 = u0 + 400 + index % 7
      records.append(
        RoundTripRecord(
          u0: u0, d0: u0 + 100, d1: u0 + 200, u1: u1, rip: 0x10_0012, address: 0xe0, reason: 2, count: 1,
          physicalCPU: 1, device: 0, size: 4, flags: [.write, .ripIsNext]))
      spans.append(GuestSpanRecord(g0: u0 - 600, g1: u1 + 400))
      tsc = u1 + 1000
    }
    records.append(RoundTripRecord(u0: tsc + 500, u1: tsc + 900, reason: 5, errno: 4, flags: .kick))
    records.append(
      RoundTripRecord(
        u0: tsc + 9000, rip: 0x10_0040, address: 0xf4, reason: 2, count: 1, device: 1, size: 1,
        flags: [.write, .ripIsNext]))
    trace.add(records, vm: vm)
    trace.add(spans, vm: vm)
    trace.setOffset(0, vm: vm)
    trace.setVM(vm, "workload", vm == 0 ? "pio-write" : "pio-write-\(vm)")
    trace.setVM(vm, "operation_class", "heavy")
    trace.setVM(vm, "outcome", vm == 2 ? "unsupported: vmcall" : "completed")
    for (index, name) in ["latch", "debug-exit"].enumerated() {
      trace.rows.append(
        DeviceRow(device: UInt16(index), vm: vm, name: name, isMemory: false, address: 0xe0, length: 4))
    }
    trace.rows.append(SymbolRow(vm: vm, address: 0x10_0000, length: 0x40, name: "port_write"))
    for (tsc, number) in [(base, UInt64(5)), (base + 900_000_000, UInt64(9005))] {
      trace.rows.append(StatisticRow(tsc: tsc, vm: vm, vcpu: 0, name: "exits", number: number))
    }
  }
  trace.rows.append(
    ProbeCostRow(name: "vmm stamps and ring store", cycles: 93, method: "on/off blocks of 1000"))
  return trace
}
