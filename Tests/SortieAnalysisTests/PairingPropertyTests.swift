import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

@Suite struct PairingPropertyTests {
  /// A guest that really ran: operations with 0 to 3 round trips, stray round trips, kicks, and losses that take events
  /// out. What was inside which span is known from the construction.
  @Test(arguments: 0..<200) func noPairIsInventedAndEveryEventIsAccounted(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed))
    var trips = [entry(100)]
    var spans: [GuestSpanRecord] = []
    var truePairs: UInt64 = 0
    var trueEmpty: UInt64 = 0
    var tsc: UInt64 = 200
    var trace = MemoryTrace()
    let offset = UInt64.random(in: 0...5000, using: &random)
    var losses: [(UInt64, UInt64, UInt64)] = []
    var inside: UInt64 = 0
    func roundTrip(_ flags: RoundTripRecord.Flags) {
      let u0 = tsc + UInt64.random(in: 1...50, using: &random)
      tsc = u0 + UInt64.random(in: 0...50, using: &random)
      trips.append(trip(u0, tsc, flags: flags))
    }
    for _ in 0..<Int.random(in: 0...120, using: &random) {
      tsc += UInt64.random(in: 1...100, using: &random)
      if Int.random(in: 0..<4, using: &random) == 0 {
        roundTrip(Bool.random(using: &random) ? .write : .kick)
      }
      tsc += UInt64.random(in: 1...20, using: &random)
      let start = tsc
      let firstOfSpan = trips.count
      let count = UInt64.random(in: 0...3, using: &random)
      let isKicked = count > 0 && Int.random(in: 0..<6, using: &random) == 0
      for index in 0..<count { roundTrip(isKicked && index == 0 ? .kick : .write) }
      tsc += UInt64.random(in: 1...30, using: &random)
      spans.append(span(start + offset, tsc + offset))
      if count > 0, Int.random(in: 0..<8, using: &random) == 0 {
        let lost = trips[firstOfSpan...]
        losses.append((lost.first?.u0 ?? 0, lost.last?.u1 ?? 0, count))
        trips.removeSubrange(firstOfSpan...)
      } else {
        inside += count
        if !isKicked { if count > 0 { truePairs += 1 } else { trueEmpty += 1 } }
      }
    }
    trips.append(trip(tsc + 100, 0, port: 0xf4))
    let stream = trace.add(trips, blockSize: Int.random(in: 1...40, using: &random))
    trace.add(spans, blockSize: Int.random(in: 1...40, using: &random))
    trace.setOffset(offset)
    for (first, last, count) in losses { trace.addLoss(stream, first, last, count: count) }

    let tally = analyze(trace).vcpus.reduce(into: PairingTally()) { sum, row in sum = row.pairing }
    #expect(tally.spansWithRoundTrips == truePairs)
    #expect(tally.spansWithout == trueEmpty)
    #expect(tally.spansLost == UInt64(losses.count))
    #expect(tally.spans == UInt64(spans.count))
    #expect(tally.roundTrips == UInt64(trips.count - 1))
    let scoped = analyze(trace, sites: .guestSpans)
    // Of a guest that stamped nothing it is all.
    let counted = spans.isEmpty ? UInt64(trips.count - 1) : inside
    #expect(scoped.siteScope == (spans.isEmpty ? .wholeRuns : .guestSpans))
    #expect(scoped.sites.filter { $0.tier == .vmm }.reduce(0) { $0 + $1.count } == counted)
    #expect(scoped.totals.roundTrips == UInt64(trips.count - 1), "totals are of the whole run")
  }

  /// Stamps that no guest makes: nothing may crash, and every event is still counted once.
  @Test(arguments: 0..<300) func anyEventsAreAccounted(seed: UInt64) throws {
    let trace = hostileTrace(seed: seed)
    var roundTrips: UInt64 = 0
    var stamped: UInt64 = 0
    var spans: UInt64 = 0
    for stream in trace.rows(StreamRow.self) {
      for block in 0..<trace.blockCount(of: stream.stream) {
        spans += UInt64(trace.guestSpans(of: stream.stream, block: block).count)
        for record in trace.roundTrips(of: stream.stream, block: block)
        where record.flags.isDisjoint(with: [.firstEntry, .coalesced]) {
          roundTrips += 1
          if record.u0 != 0 { stamped += 1 }
        }
      }
    }
    let found = analyze(trace)
    #expect(found.totals.roundTrips == roundTrips)
    #expect(found.vcpus.reduce(0) { $0 + $1.pairing.roundTrips } == stamped)
    #expect(found.vcpus.reduce(0) { $0 + $1.pairing.spans } == spans)
    let counted = found.sites.filter { $0.tier == .vmm && $0.exitClass != .light }.reduce(0) { $0 + $1.count }
    #expect(counted == roundTrips)
  }
}
