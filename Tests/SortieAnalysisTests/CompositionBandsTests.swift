import Testing

@testable import SortieAnalysis

@Suite struct CompositionBandsTests {
  /// `out`, `vmm` and `back` cycles, one after the other.
  private func span(_ out: UInt64, _ vmm: UInt64, _ back: UInt64) -> OpenSpan {
    var span = OpenSpan(start: 1000, end: 1000 + out + vmm + back)
    span.add(u0: 1000 + out, u1: 1000 + out + vmm, site: 0)
    return span
  }

  @Test func aLongPreemptionIsInTheTailAndNotInTheUsual() throws {
    var bands = CompositionBands()
    for _ in 0..<995 { bands.record(span(300, 100, 600)) }
    for _ in 0..<5 { bands.record(span(300, 50_000_000, 600)) }
    let found = bands.compositions(isScheduleKnown: false)
    #expect(found.map(\.band) == [.all, .toP90, .aboveP99])
    #expect(found.map(\.operations) == [1000, 995, 5])
    #expect(abs(found[1].guestToHost - 0.3) < 1e-9)
    #expect(abs(found[1].vmm - 0.1) < 1e-9)
    #expect(abs(found[1].hostToGuest - 0.6) < 1e-9)
    #expect(found[1].meanCycles == 1000)
    #expect(found[2].vmm > 0.9999)
    for composition in found {
      let sum = composition.guestToHost + composition.vmm + composition.between + composition.hostToGuest
      #expect(abs(sum - 1) < 1e-9)
    }
  }

  @Test func underAHundredOperationsThereAreNoBands() {
    var bands = CompositionBands()
    #expect(bands.compositions(isScheduleKnown: false).isEmpty)
    for _ in 0..<99 { bands.record(span(3, 1, 6)) }
    #expect(bands.compositions(isScheduleKnown: false).map(\.band) == [.all])
  }

  @Test func lengthsOfAnySizeFindTheirClass() {
    var bands = CompositionBands()
    for shift in 0..<63 as Range<UInt64> { bands.record(span(1 << shift, 0, 0)) }
    bands.record(span(0, 0, 0))
    bands.record(span(.max - 1000, 0, 0))
    #expect(bands.compositions(isScheduleKnown: false).first?.operations == 65)
  }
}
