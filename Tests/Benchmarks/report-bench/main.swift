import Glibc
import SortieAnalysis
import SortieReport
import SortieTrace
import SystemPackage

/// Writes synthetic recordings and prints how many events a second are read, analysed and reported, on one core.
///
/// `report-bench [EVENTS] [FILE]`: 4 million round trips into a file in the current directory by default.
let events = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 4_000_000
let path = FilePath(CommandLine.arguments.dropFirst(2).first ?? "report-bench.sortie")

/// SplitMix64 (Steele, Lea, Flood, 2014): the same run every time.
struct Generator {
  var state: UInt64 = 42

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

func record(sites: UInt64, guestSpans: Bool) throws(TraceError) {
  var writer = try TraceFileWriter(
    path: path, identity: TraceIdentity(tscKHz: 2_445_430, tscIsInvariant: true))
  let vmm = StreamID(rawValue: 1)
  let guest = StreamID(rawValue: 2)
  try writer.append(rows: [
    StreamRow(stream: vmm, kind: .vmm, clock: .hostTSC, vm: 0, vcpu: 0),
    StreamRow(stream: guest, kind: .guest, clock: .guestTSC, vm: 0, vcpu: 0),
  ])
  try writer.append(rows: [VCPURow(vcpu: 0, tscOffset: 0)])
  var random = Generator()
  var tsc: UInt64 = 1_000_000
  var trips = [RoundTripRecord(u1: tsc, flags: .firstEntry)]
  var spans: [GuestSpanRecord] = []
  for index in 0..<events {
    let noise = random.next()
    let site = UInt64(index) % sites
    let u0 = tsc + 20_000 + noise % 4000
    let u1 = u0 + 250 + (noise >> 20) % 200
    trips.append(
      RoundTripRecord(
        u0: u0, d0: u0 + 58, d1: u0 + 118, u1: u1, rip: 0x10_0000 + site * 7, address: 0xe0 + site, reason: 2,
        count: 1, physicalCPU: 1, device: 0, size: 4, flags: [.write, .ripIsNext]))
    if guestSpans { spans.append(GuestSpanRecord(g0: u0 - 10_000, g1: u1 + 10_000)) }
    tsc = u1 + 10_000
    if trips.count == 16_384 || index == events - 1 {
      try trips.withUnsafeBufferPointer { buffer throws(TraceError) in
        try writer.append(roundTrips: buffer, stream: vmm)
      }
      try spans.withUnsafeBufferPointer { buffer throws(TraceError) in
        try writer.append(guestSpans: buffer, stream: guest)
      }
      trips.removeAll(keepingCapacity: true)
      spans.removeAll(keepingCapacity: true)
    }
  }
  try writer.finish()
}

/// CPU time this process has used, seconds: other processes on the machine do not count.
func processorTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func measure(_ name: String, sites: UInt64, guestSpans: Bool) throws(TraceError) {
  try record(sites: sites, guestSpans: guestSpans)
  let clock = ContinuousClock()
  let start = clock.now
  let used = processorTime()
  let file = try TraceFile(path: path)
  let text = textReport(try analyze(TraceFileSource(file)))
  let seconds = processorTime() - used
  let elapsed = start.duration(to: clock.now)
  let count = file.blocks.filter { $0.stream != nil }.reduce(0) { $0 + $1.rows }
  let rate = Int(Double(count) / seconds)
  print("\(name): \(count) events, \(seconds) s of CPU, \(elapsed) elapsed, \(rate) events per CPU second")
  print("  file \(file.size) bytes, report \(text.utf8.count) bytes")
}

do throws(TraceError) {
  try measure("one site", sites: 1, guestSpans: false)
  try measure("six sites", sites: 6, guestSpans: false)
  try measure("400 sites", sites: 400, guestSpans: false)
  try measure("one site with guest spans", sites: 1, guestSpans: true)
  unlink(path.string)
} catch {
  print("report-bench: \(error)")
  exit(1)
}
