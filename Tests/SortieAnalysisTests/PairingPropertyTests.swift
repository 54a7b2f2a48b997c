import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

/// SplitMix64: a failing seed can be run again.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

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
      } else if !isKicked {
        if count > 0 { truePairs += 1 } else { trueEmpty += 1 }
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
  }

  /// Stamps that no guest makes: nothing may crash, and every event is still counted once.
  @Test(arguments: 0..<300) func anyEventsAreAccounted(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed) << 20)
    func stamp() -> UInt64 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0: 0
      case 1: .max - UInt64.random(in: 0...3, using: &random)
      case 2: .random(in: 0...(.max), using: &random)
      default: .random(in: 1...5000, using: &random)
      }
    }
    var trace = MemoryTrace()
    var stamped: UInt64 = 0
    var roundTrips: UInt64 = 0
    var spanCount: UInt64 = 0
    for vcpu in 0..<UInt32.random(in: 1...2, using: &random) {
      let trips = (0..<Int.random(in: 0...60, using: &random)).map { _ in
        let flags = RoundTripRecord.Flags(
          rawValue: UInt8.random(in: 0...255, using: &random) & .random(in: 0...255))
        return RoundTripRecord(
          u0: stamp(), d0: stamp(), d1: stamp(), u1: stamp(), rip: stamp(), address: stamp(),
          reason: UInt32.random(in: 0...60, using: &random), count: .random(in: 0...(.max), using: &random),
          device: .random(in: 0...(.max), using: &random), size: .random(in: 0...255, using: &random),
          flags: flags)
      }
      let spans = (0..<Int.random(in: 0...60, using: &random)).map { _ in span(stamp(), stamp()) }
      let ofGuest = trips.filter { !$0.flags.contains(.firstEntry) && !$0.flags.contains(.coalesced) }
      roundTrips += UInt64(ofGuest.count)
      stamped += UInt64(ofGuest.count { $0.u0 != 0 })
      spanCount += UInt64(spans.count)
      let stream = trace.add(trips, vcpu: vcpu, blockSize: 7)
      trace.add(spans, vcpu: vcpu, blockSize: 5)
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        trace.setOffset(stamp(), since: stamp(), vcpu: vcpu)
      }
      if Bool.random(using: &random) { trace.addLoss(stream, stamp(), stamp(), count: stamp()) }
    }
    let found = analyze(trace)
    #expect(found.totals.roundTrips == roundTrips)
    #expect(found.vcpus.reduce(0) { $0 + $1.pairing.roundTrips } == stamped)
    #expect(found.vcpus.reduce(0) { $0 + $1.pairing.spans } == spanCount)
    let counted = found.sites.filter { $0.tier == .vmm && $0.exitClass != .light }.reduce(0) { $0 + $1.count }
    #expect(counted == roundTrips)
  }
}
