import Testing

@testable import SortieMachine

@Suite struct VCPUWatchTests {
  private let still = VCPUWatch.Signs(roundTrips: 7, spans: 8, halts: 9)

  private func looks(_ ticks: Int, _ signs: (Int) -> VCPUWatch.Signs) -> [Int] {
    var watch = VCPUWatch()
    return (0..<ticks).filter { watch.note(signs($0)) }
  }

  @Test func aVCPUWithoutASignOfLifeIsLookedAtOftenEnoughToBeFoundStuckThenRests() {
    let ticks = VCPUWatch.idleTicks + StuckDetector.kicks + VCPUWatch.restTicks
    let looks = looks(ticks) { _ in still }
    #expect(looks.first == VCPUWatch.idleTicks)
    #expect(looks.count > StuckDetector.kicks && looks.last == VCPUWatch.idleTicks + StuckDetector.kicks)
  }

  @Test func aVCPUThatGetsOnIsLeftAlone() {
    let ticks = 1_000
    #expect(looks(ticks) { VCPUWatch.Signs(roundTrips: UInt64($0)) }.isEmpty)
    #expect(looks(ticks) { VCPUWatch.Signs(spans: UInt64($0)) }.isEmpty)
    #expect(looks(ticks) { VCPUWatch.Signs(halts: UInt64($0)) }.isEmpty)
  }

  @Test func aVCPUThatSleepsIsLeftAloneUntilItWakes() {
    var asleep = still
    asleep.isBlocked = true
    #expect(looks(1_000) { _ in asleep }.isEmpty)
    let looks = looks(1_000) { $0 < 500 ? asleep : still }
    #expect(looks.first == 500 + VCPUWatch.idleTicks)
  }
}
