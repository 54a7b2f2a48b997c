import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

/// A round trip of a four-byte port write that took the VMM from `u0` to `u1`.
func trip(_ u0: UInt64, _ u1: UInt64, port: UInt64 = 0xe0, flags: RoundTripRecord.Flags = .write)
  -> RoundTripRecord
{
  RoundTripRecord(u0: u0, u1: u1, rip: 0x10_0000, address: port, reason: 2, count: 1, size: 4, flags: flags)
}

func entry(_ u1: UInt64) -> RoundTripRecord { RoundTripRecord(u1: u1, flags: .firstEntry) }

func span(_ g0: UInt64, _ g1: UInt64) -> GuestSpanRecord { GuestSpanRecord(g0: g0, g1: g1) }

@Suite struct PairingTests {
  /// One vCPU with an aligned clock, a first entry at 100 and a last exit at 100,000.
  private func analysis(
    _ trips: [RoundTripRecord], _ spans: [GuestSpanRecord], operation: String = "heavy",
    change: (inout MemoryTrace, StreamID) -> Void = { _, _ in }
  ) -> Analysis {
    var trace = MemoryTrace()
    let stream = trace.add([entry(100)] + trips + [trip(100_000, 0, port: 0xf4)], blockSize: 2)
    trace.add(spans, blockSize: 3)
    trace.setVM(0, "workload", "w")
    trace.setVM(0, "operation_class", operation)
    change(&trace, stream)
    if trace.rows(VCPURow.self).isEmpty { trace.setOffset(0) }
    return analyze(trace)
  }

  private func operation(_ analysis: Analysis) throws -> OperationSummary {
    try #require(analysis.vms.first?.operation)
  }

  @Test func aRoundTripInsideASpanIsSplit() throws {
    let found = try operation(analysis([trip(1300, 1350)], [span(1000, 1400)]))
    #expect(found.pairing.spansWithRoundTrips == 1)
    #expect(found.pairing.roundTripsPaired == 1)
    #expect(found.withRoundTrips.p50 == 400)
    #expect(found.split?.guestToHost.p50 == 300)
    #expect(found.split?.vmm.p50 == 50)
    #expect(found.split?.between.p50 == 0)
    #expect(found.split?.hostToGuest.p50 == 50)
  }

  @Test func severalRoundTripsInOneSpanAddUp() throws {
    let found = try operation(
      analysis([trip(1100, 1150), trip(1300, 1370), trip(1500, 1510)], [span(1000, 2000)]))
    #expect(found.pairing.roundTripsPaired == 3)
    #expect(found.roundTripsPerOperation == 3)
    #expect(found.split?.guestToHost.sum == 100)
    #expect(found.split?.vmm.sum == 130)
    #expect(found.split?.between.sum == 150 + 130)
    #expect(found.split?.hostToGuest.sum == 490)
    #expect(found.withRoundTrips.sum == 1000)
  }

  @Test func aSpanWithoutARoundTripIsLightOnlyWhereTheRunSaysSo() throws {
    let light = analysis([], [span(1000, 1500)], operation: "light")
    let row = try #require(light.sites.first { $0.tier == .guest })
    #expect(row.exitClass == .light)
    #expect(row.interval == .guestRoundTrip)
    #expect(row.site == "guest w")
    #expect(row.cycles.p50 == 500)
    let other = analysis([], [span(1000, 1500)], operation: "heavy")
    #expect(!other.sites.contains { $0.tier == .guest })
    #expect(try operation(other).withoutRoundTrip.p50 == 500)
  }

  @Test(arguments: ["none", "guest"]) func whatCausesNoExitIsNoSite(operationClass: String) throws {
    let found = analysis([], [span(1000, 1060)], operation: operationClass)
    #expect(!found.sites.contains { $0.tier == .guest })
    #expect(try operation(found).withoutRoundTrip.p50 == 60)
  }

  @Test func roundTripsOutsideEverySpanArePairedWithNone() throws {
    let found = try operation(analysis([trip(500, 600), trip(3000, 3100)], [span(1000, 2000)]))
    #expect(found.pairing.spansWithout == 1)
    #expect(found.pairing.roundTripsOutside == 3)
    #expect(found.pairing.roundTripsPaired == 0)
  }

  @Test(arguments: [(900, 1100), (1900, 2100), (900, 2100)])
  func aRoundTripAcrossTheEdgeOfASpanPairsNothing(u0: UInt64, u1: UInt64) throws {
    let found = try operation(analysis([trip(u0, u1)], [span(1000, 2000)]))
    #expect(found.pairing.spansCrossing == 1)
    #expect(found.pairing.roundTripsUnpaired == 1)
    #expect(found.withRoundTrips.count == 0)
    #expect(found.withoutRoundTrip.count == 0)
  }

  @Test func aRoundTripAcrossTwoSpansPairsNeither() throws {
    let found = try operation(analysis([trip(1900, 2200)], [span(1000, 2000), span(2100, 3000)]))
    #expect(found.pairing.spansCrossing == 2)
  }

  @Test func aRoundTripThatTouchesTheEdgesIsInside() throws {
    let found = try operation(analysis([trip(1000, 2000)], [span(1000, 2000), span(2000, 2500)]))
    #expect(found.pairing.spansWithRoundTrips == 1)
    #expect(found.pairing.spansWithout == 1)
  }

  @Test func aSpanWithAKickIsOutOfTheCosts() throws {
    let kick = trip(1500, 1600, flags: .kick)
    let found = analysis([trip(1200, 1300), kick], [span(1000, 2000), span(3000, 3500)])
    let tally = try operation(found).pairing
    #expect(tally.spansKicked == 1)
    #expect(tally.roundTripsUnpaired == 2)
    #expect(tally.spansWithout == 1)
    #expect(try operation(found).withRoundTrips.count == 0)
    #expect(found.totals.kicks == 1)
    #expect(found.totals.heavy == 2)
    #expect(found.totals.roundTrips == 3)
    let row = try #require(found.sites.first { $0.exitClass == .kick })
    #expect(row.site == "kick" && row.reason == "kick" && row.count == 1 && row.cycles.p50 == 100)
    #expect(found.sites.filter { $0.exitClass == .heavy && $0.tier == .vmm }.map(\.count).reduce(0, +) == 2)
  }

  @Test func aSpanThatOverlapsALossIsNotPaired() throws {
    let spans = [span(1000, 2000), span(3000, 4000), span(5000, 6000)]
    let found = analysis([trip(1200, 1300), trip(3200, 3300)], spans) { $0.addLoss($1, 3500, 5500, count: 9) }
    let tally = try operation(found).pairing
    #expect(tally.spansWithRoundTrips == 1)
    #expect(tally.spansLost == 2)
    #expect(tally.roundTripsPaired == 1)
    #expect(tally.roundTripsUnpaired == 1)
    #expect(found.totals.lost == 9)
    #expect(found.totals.time.unaccounted > 0)
  }

  @Test func aFullGuestRingHarmsNoSpanThatItKept() throws {
    let found = analysis([trip(1200, 1300)], [span(1000, 2000)]) {
      $0.addLoss(StreamID(rawValue: $1.rawValue + 1), 0, 90_000, .guestRingFull, count: 4)
    }
    #expect(try operation(found).pairing.spansWithRoundTrips == 1)
    #expect(found.totals.lost == 4)
  }

  @Test func aLossWhoseEndsAreUnknownLeavesNothingPaired() throws {
    let found = analysis([trip(1200, 1300)], [span(1000, 2000)]) { $0.addLoss($1, 0, .max, .damagedFile) }
    #expect(try operation(found).pairing.spansLost == 1)
    #expect(found.totals.lossesOfUnknownCount == 1)
  }

  @Test func spansBeforeTheFirstEntryAndAfterTheLastExitAreUncovered() throws {
    let found = try operation(
      analysis([trip(1200, 1300)], [span(50, 90), span(1000, 2000), span(200_000, 200_100)]))
    #expect(found.pairing.spansUncovered == 2)
    #expect(found.pairing.spansWithRoundTrips == 1)
  }

  @Test func stampsOutOfOrderAreCountedAndNotPaired() throws {
    let found = analysis(
      [trip(1200, 1300), trip(1100, 1150), trip(5500, 5400)],
      [span(1000, 1250), span(900, 950), span(4000, 3000)])
    #expect(try operation(found).pairing.spansInverted == 2)
    #expect(found.totals.inversions == 2 + 2)
  }

  @Test func aGuestThatNothingAlignsIsNotPaired() throws {
    let found = analysis([trip(1200, 1300)], [span(1000, 2000)]) { trace, _ in
      trace.rows.append(VCPURow(vcpu: 0, apicID: 0))
    }
    #expect(try operation(found).pairing.spansUnaligned == 1)
  }

  @Test func theGuestsClockIsBroughtToTheHosts() throws {
    let offset = UInt64(bitPattern: -700)
    let found = try operation(
      analysis([trip(1300, 1350)], [span(300, 700)]) { trace, _ in trace.setOffset(offset) })
    #expect(found.pairing.spansWithRoundTrips == 1)
    #expect(found.split?.guestToHost.p50 == 300)
  }

  @Test(arguments: [UInt64(50_000), UInt64(bitPattern: -1000)])
  func aClockThatChangesIsFollowed(second: UInt64) throws {
    let spans = [span(1000, 1400), span(10_000 &+ second, 10_400 &+ second)]
    let found = try operation(
      analysis([trip(1300, 1350), trip(10_300, 10_350)], spans) { trace, _ in
        trace.setOffset(0)
        trace.setOffset(second, since: 5000)
      })
    #expect(found.pairing.spansWithRoundTrips == 2)
    #expect(found.split?.guestToHost.sum == 600)
  }

  @Test func aScaledClockIsBroughtToTheHosts() throws {
    // The guest's TSC runs at twice the host's frequency.
    let found = try operation(
      analysis([trip(1300, 1350)], [span(2010, 2810)]) { trace, _ in
        trace.rows.append(
          VCPURow(vcpu: 0, since: 0, tscOffset: 10, tscScaling: 2 << 32, tscScalingBits: 32))
      })
    #expect(found.withRoundTrips.p50 == 400)
    #expect(found.split?.guestToHost.p50 == 300)
  }

  @Test func aCoalescedWriteHasNoRoundTrip() throws {
    let ring = trip(1200, 1300, port: 0xe8, flags: [.write, .coalesced])
    let found = analysis([ring, trip(1200, 1300)], [span(1000, 2000)])
    #expect(found.totals.coalesced == 1)
    #expect(found.totals.roundTrips == 2)
    let row = try #require(found.sites.first { $0.site == "pio write 0xe8/4 coalesced" })
    #expect(row.exitClass == .light && row.count == 1 && row.cycles.p50 == nil && row.vcpuTimeShare == nil)
    #expect(try operation(found).pairing.roundTripsPaired == 1)
  }

  @Test func vCPUsAndVMsArePairedApart() throws {
    var trace = MemoryTrace()
    for vm: UInt32 in [0, 1] {
      for vcpu: UInt32 in [0, 1] {
        let base = 1000 * UInt64(vcpu + 1)
        trace.add([entry(10), trip(base + 100, base + 150), trip(50_000, 0)], vm: vm, vcpu: vcpu)
        trace.add([span(base, base + 300)], vm: vm, vcpu: vcpu)
        trace.setOffset(0, vm: vm, vcpu: vcpu)
      }
    }
    let found = analyze(trace)
    #expect(found.vcpus.map(\.pairing.spansWithRoundTrips) == [1, 1, 1, 1])
    #expect(found.vms.map(\.roundTrips) == [4, 4])
    #expect(found.sites.filter { $0.site == "pio write 0xe0/4" }.map(\.count) == [4, 4])
  }

  @Test func timeClosesBetweenFirstAndLastRun() throws {
    let found = analysis([trip(1000, 1400), trip(5000, 5600)], [])
    let time = try #require(found.vcpus.first?.time)
    #expect(time.wall == 100_000 - 100)
    #expect(time.vmm == 1000)
    #expect(time.kvmRun == time.wall - 1000)
    #expect(time.unaccounted == 0)
  }

  @Test func aRoundTripWithoutStampsIsCountedNotTimed() throws {
    let found = analysis([trip(0, 0), trip(5000, 5600)], [])
    #expect(found.totals.unstamped == 1)
    #expect(found.totals.roundTrips == 3)
    let row = try #require(found.sites.first { $0.site == "pio write 0xe0/4" })
    #expect(row.count == 2 && row.cycles.count == 1)
  }
}
