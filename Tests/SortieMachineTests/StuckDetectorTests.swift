import SortieKVM
import Testing

@testable import SortieMachine

@Suite struct StuckDetectorTests {
  private func sample(rip: UInt64, rcx: UInt64 = 0, roundTrips: UInt64 = 0) -> StuckDetector.Sample {
    var registers = Registers()
    registers.rip = rip
    registers.rcx = rcx
    return StuckDetector.Sample(registers: registers, roundTrips: roundTrips)
  }

  @Test func aVCPUWhoseRegistersStandStillIsStuck() {
    var detector = StuckDetector()
    let verdicts = (0..<StuckDetector.kicks).map { _ in detector.note(sample(rip: 0x1000)) }
    #expect(verdicts == [false, false, false, false, true])
  }

  @Test func aLoopThatChangesARegisterIsNotStuck() {
    var detector = StuckDetector()
    for turn in 0..<100 {
      let isStuck = detector.note(sample(rip: 0x1000, rcx: UInt64(turn)))
      #expect(!isStuck)
    }
  }

  @Test func aRoundTripBetweenKicksIsProgress() {
    var detector = StuckDetector()
    for turn in 0..<100 {
      let isStuck = detector.note(sample(rip: 0x1000, roundTrips: UInt64(turn)))
      #expect(!isStuck)
    }
  }

  @Test func onlyKnownInstructionsCount() {
    #expect(UnsupportedInstruction((0x0f, 0x01, 0xc1)) == .vmcall)
    #expect(UnsupportedInstruction((0x0f, 0x01, 0xd9)) == .vmmcall)
    #expect(UnsupportedInstruction((0xeb, 0xfe, 0x90)) == nil)
  }
}
