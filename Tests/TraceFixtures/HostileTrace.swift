import SortieAnalysis
import SortieTrace

/// A trace that no recorder writes: stamps, flags, clocks, losses and names at random, with a liking for the extremes.
public func hostileTrace(seed: UInt64) -> MemoryTrace {
  var random = SeededGenerator(state: seed << 20)
  var trace = MemoryTrace()
  for vcpu in 0..<UInt32.random(in: 1...3, using: &random) {
    let trips = (0..<Int.random(in: 0...60, using: &random)).map { _ in roundTrip(&random) }
    let spans = (0..<Int.random(in: 0...60, using: &random)).map { _ in
      GuestSpanRecord(g0: stamp(&random), g1: stamp(&random))
    }
    let stream = trace.add(trips, vm: vcpu / 2, vcpu: vcpu, blockSize: 7)
    trace.add(spans, vm: vcpu / 2, vcpu: vcpu, blockSize: 5)
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      trace.rows.append(
        VCPURow(
          vcpu: vcpu, vm: vcpu / 2, since: stamp(&random), tscOffset: Int64(bitPattern: stamp(&random)),
          tscScaling: Bool.random(using: &random) ? stamp(&random) : nil,
          tscScalingBits: UInt8.random(in: 0...255, using: &random)))
    }
    if Bool.random(using: &random) {
      trace.addLoss(stream, stamp(&random), stamp(&random), count: stamp(&random))
    }
    for tsc in 0..<UInt64.random(in: 0...3, using: &random) {
      trace.rows.append(
        StatisticRow(tsc: tsc, vm: vcpu / 2, vcpu: vcpu, name: "exits", number: stamp(&random)))
    }
  }
  for _ in 0..<Int.random(in: 0...8, using: &random) {
    trace.rows.append(SymbolRow(address: stamp(&random), length: stamp(&random), name: text(&random)))
    trace.rows.append(
      DeviceRow(
        device: .random(in: 0...3, using: &random), name: text(&random), isMemory: true, address: 0, length: 0
      ))
    trace.rows.append(ProbeCostRow(name: text(&random), cycles: stamp(&random), method: text(&random)))
    trace.setVM(
      .random(in: 0...2, using: &random),
      ["workload", "outcome", "operation_class"].randomElement(using: &random) ?? "", text(&random))
  }
  trace.setHost("tsc_khz", "\(stamp(&random))")
  trace.setHost("hostname", text(&random))
  return trace
}

private func roundTrip(_ random: inout SeededGenerator) -> RoundTripRecord {
  RoundTripRecord(
    u0: stamp(&random), d0: stamp(&random), d1: stamp(&random), u1: stamp(&random), rip: stamp(&random),
    address: stamp(&random), reason: .random(in: 0...60, using: &random),
    count: .random(in: 0...(.max), using: &random), errno: .random(in: 0...(.max), using: &random),
    device: .random(in: 0...5, using: &random), size: .random(in: 0...255, using: &random),
    flags: RoundTripRecord.Flags(
      rawValue: .random(in: 0...255, using: &random) & .random(in: 0...255, using: &random)))
}

private func stamp(_ random: inout SeededGenerator) -> UInt64 {
  switch Int.random(in: 0..<8, using: &random) {
  case 0: 0
  case 1: .max - .random(in: 0...3, using: &random)
  case 2: .random(in: 0...(.max), using: &random)
  default: .random(in: 1...5000, using: &random)
  }
}

private func text(_ random: inout SeededGenerator) -> String {
  let letters = ["a", "\u{1b}[31m", "\n", "\"", "\\", "é", "\u{202e}", "\u{0}", "light", " ", "👩‍💻", "\u{301}"]
  return (0..<Int.random(in: 0...60, using: &random)).map { _ in letters.randomElement(using: &random) ?? "" }
    .joined()
}
