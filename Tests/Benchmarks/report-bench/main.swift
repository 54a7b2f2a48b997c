import SortieAnalysis
import SortieReport
import SortieTrace
import TraceFixtures

/// Events a second through analysis and report, over constructed events held in memory: the cost of everything but
/// reading the file.
func measure(_ name: String, sites: UInt64, guestSpans: Bool) {
  let count = 5_000_000
  var records = [RoundTripRecord(u1: 1000, flags: .firstEntry)]
  var spans: [GuestSpanRecord] = []
  var state: UInt64 = 88_172_645_463_325_252
  var tsc: UInt64 = 1000
  for _ in 0..<count {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    let u0 = tsc + 20_000 + state % 4000
    let u1 = u0 + 300 + (state >> 20) % 900
    records.append(
      RoundTripRecord(
        u0: u0, d0: u0 + 50, d1: u0 + 100, u1: u1, rip: 0x10_0000 + state % sites * 7,
        address: 0xe0 + state % sites,
        reason: 2, count: 1, device: 0, size: 4, flags: [.write, .ripIsNext]))
    tsc = u1 + 20_000
    if guestSpans { spans.append(GuestSpanRecord(g0: u0 - 10_000, g1: u1 + 10_000)) }
  }
  var trace = MemoryTrace()
  trace.setOffset(0)
  trace.add(records, blockSize: 16384)
  if guestSpans { trace.add(spans, blockSize: 16384) }
  let clock = ContinuousClock()
  var lines = 0
  let time = clock.measure { lines = textReport(analyze(trace)).count }
  let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
  let events = records.count + spans.count
  print(
    "\(name): \(events) events in \(seconds) s, \(Int(Double(events) / seconds)) events/s (report: \(lines) bytes)"
  )
}

measure("one site", sites: 1, guestSpans: false)
measure("16 sites", sites: 16, guestSpans: false)
measure("400 sites", sites: 400, guestSpans: false)
measure("one site with guest spans", sites: 1, guestSpans: true)
