import SortieDevices
import Testing

/// 82C54 data sheet: control words, counts, the modes as counter 2 shows them. Time goes by in counts of the clock.
@Suite struct PITTests {
  let time = ManualTime()
  let line = RecordingLine()
  let pit: PIT
  let start: UInt64

  init() {
    pit = PIT(line: line, timers: time)
    start = time.monotonicNanoseconds
  }

  private func control(_ word: UInt8) { pit.write(3, [word]) }
  private func count(_ counter: UInt64, _ bytes: UInt8...) {
    for byte in bytes { pit.write(counter, [byte]) }
  }
  private func read(_ counter: UInt64) -> UInt8 { pit.read(counter, count: 1)[0] }
  private func word(_ counter: UInt64) -> UInt16 { UInt16(read(counter)) | UInt16(read(counter)) << 8 }
  private func latched(_ counter: UInt64) -> UInt16 {
    control(UInt8(counter) << 6)
    return word(counter)
  }
  private func status(_ counter: UInt64) -> UInt8 {
    control(0xe0 | 2 << UInt8(counter))
    return read(counter)
  }
  private var portB: UInt8 {
    get { pit.read(PIT.portBOffset, count: 1)[0] }
    nonmutating set { pit.write(PIT.portBOffset, [newValue]) }
  }
  private var output2: Bool { portB & 0x20 != 0 }

  /// Moves to `count` counts of the clock after the start.
  private func go(to count: UInt64) {
    let moment = start + (count * 1_000_000_000 + 1_193_181) / 1_193_182
    time.advance(by: moment - time.monotonicNanoseconds)
  }

  @Test func mode0RisesWhenTheCountIsDoneAndStaysHigh() {
    portB = 0x01
    control(0xb0)
    #expect(!output2)
    count(2, 0x10, 0x00)
    go(to: 1)
    #expect(latched(2) == 16, "loaded by the next pulse of the clock")
    go(to: 16)
    #expect(latched(2) == 1 && !output2)
    go(to: 17)
    #expect(latched(2) == 0 && output2)
    go(to: 18)
    #expect(latched(2) == 0xffff && output2, "the counter goes on")
    count(2, 0x05)
    #expect(!output2, "the first byte stops it")
  }

  @Test func aLowGateStopsMode0AndAHighOneGoesOn() {
    portB = 0x01
    control(0xb0)
    count(2, 100, 0)
    go(to: 41)
    portB = 0x00
    go(to: 1_000)
    #expect(latched(2) == 60)
    portB = 0x01
    go(to: 1_059)
    #expect(!output2)
    go(to: 1_060)
    #expect(output2)
  }

  @Test func mode1IsAPulseThatTheGateTriggers() {
    control(0xb2)
    count(2, 10, 0)
    go(to: 100)
    #expect(output2)
    portB = 0x01
    go(to: 101)
    #expect(!output2)
    portB = 0x00
    go(to: 110)
    #expect(!output2, "a low gate does not stop it")
    go(to: 111)
    #expect(output2)
    portB = 0x01
    go(to: 115)
    portB = 0x00
    portB = 0x01
    go(to: 125)
    #expect(!output2, "triggered anew")
    go(to: 126)
    #expect(output2)
  }

  @Test func mode2IsLowForTheLastCountOfEach() {
    portB = 0x01
    control(0xb4)
    count(2, 3, 0)
    var levels: [Bool] = []
    var values: [UInt16] = []
    for moment in (1...7 as ClosedRange<UInt64>) {
      go(to: moment)
      levels.append(output2)
      values.append(latched(2))
    }
    #expect(values == [3, 2, 1, 3, 2, 1, 3])
    #expect(levels == [true, true, false, true, true, false, true])
    portB = 0x00
    go(to: 9)
    #expect(output2, "a low gate makes it high")
    portB = 0x01
    go(to: 10)
    #expect(latched(2) == 3, "a rising gate reloads")
  }

  @Test(
    arguments: [
      (4, [4, 2, 4, 2, 4], [true, true, false, false, true]),
      (5, [4, 2, 0, 4, 2, 4], [true, true, true, false, false, true]),
    ] as [(UInt8, [UInt16], [Bool])])
  func mode3IsASquareWaveThatCountsByTwos(reload: UInt8, values: [UInt16], levels: [Bool]) {
    portB = 0x01
    control(0xb6)
    count(2, reload, 0)
    for index in values.indices {
      go(to: UInt64(index) + 1)
      #expect(latched(2) == values[index])
      #expect(output2 == levels[index])
    }
  }

  @Test func mode4IsLowForOneCountAtTheEnd() {
    portB = 0x01
    control(0xb8)
    count(2, 3, 0)
    var levels: [Bool] = []
    for moment in (1...6 as ClosedRange<UInt64>) {
      go(to: moment)
      levels.append(output2)
    }
    #expect(levels == [true, true, true, false, true, true])
  }

  @Test func mode5IsMode4ThatTheGateTriggers() {
    control(0xba)
    count(2, 3, 0)
    go(to: 50)
    portB = 0x01
    var levels: [Bool] = []
    for moment in (51...55 as ClosedRange<UInt64>) {
      go(to: moment)
      levels.append(output2)
    }
    #expect(levels == [true, true, true, false, true])
  }

  @Test func aNewCountOfMode2BeginsAfterTheOneThatRuns() {
    control(0x34)
    count(0, 100, 0)
    go(to: 51)
    count(0, 10, 0)
    #expect(latched(0) == 50)
    #expect(status(0) & 0x40 != 0, "it is not loaded yet")
    go(to: 101)
    #expect(latched(0) == 10)
    #expect(status(0) & 0x40 == 0)
    go(to: 106)
    #expect(latched(0) == 5)
  }

  @Test func zeroCountsTheMost() {
    control(0x34)
    count(0, 0, 0)
    go(to: 1)
    #expect(latched(0) == 0)
    go(to: 2)
    #expect(latched(0) == 0xffff)
  }

  @Test func countersCountInBCD() {
    control(0x31)
    count(0, 0x00, 0x10)
    go(to: 2)
    #expect(latched(0) == 0x0999)
    control(0x31)
    count(0, 0x00, 0x00)
    go(to: 4)
    #expect(latched(0) == 0x9999)
  }

  @Test func oneByteOfACountCanDo() {
    control(0x14)
    count(0, 0x20)
    go(to: 1)
    #expect(read(0) == 0x20 && read(0) == 0x20)
    control(0x24)
    count(0, 0x20)
    go(to: 2)
    #expect(read(0) == 0x20)
    #expect(latched(0) == 0x2020, "the upper byte twice")
  }

  @Test func aLatchHoldsUntilItIsRead() {
    control(0x34)
    count(0, 0xe8, 0x03)
    go(to: 101)
    control(0x00)
    go(to: 201)
    control(0x00)
    go(to: 301)
    #expect(word(0) == 900)
    #expect(word(0) == 700)
  }

  @Test func readBackLatchesStatusAndCountOfManyCounters() {
    control(0x34)
    count(0, 100, 0)
    control(0x72)
    control(0xb6)
    go(to: 1)
    control(0xce)
    go(to: 60)
    #expect(read(0) == 0xb4, "output high, loaded, both bytes, mode 2")
    #expect(word(0) == 100)
    #expect(read(1) == 0xf2, "no count yet")
    #expect(read(2) == 0xf6)
  }

  @Test func portBHoldsItsEnablesAndTogglesWithTheRefresh() {
    portB = 0xff
    #expect(portB & 0xcf == 0x0f)
    control(0xb0)
    portB = 0x00
    go(to: 18)
    let first = portB
    go(to: 36)
    #expect(first ^ portB == 0x10)
    #expect(first & 0xcf == 0)
  }

  @Test func thereIsNothingBetweenTheTimerAndPortB() {
    #expect(pit.read(3, count: 3) == [0xff, 0xff, 0xff])
    #expect(pit.read(PIT.portBOffset + 1, count: 2) == [0xff, 0xff])
  }

  // MARK: Interrupts

  @Test(arguments: [0x34, 0x36] as [UInt8])
  func theTimerInterruptsOnceACycle(mode: UInt8) {
    control(mode)
    count(0, 0xe8, 0x03)
    go(to: 1_000)
    #expect(line.levels.isEmpty)
    go(to: 1_001)
    #expect(line.levels == [true, false])
    go(to: 100_001)
    #expect(line.risingEdges == 100)
  }

  @Test func aSingleShotInterruptsOnceEachCount() {
    control(0x38)
    count(0, 0xe8, 0x03)
    go(to: 1_001)
    #expect(line.levels.isEmpty)
    go(to: 1_002)
    #expect(line.risingEdges == 1)
    go(to: 50_000)
    #expect(line.risingEdges == 1 && time.deadline == nil)
    count(0, 0xe8, 0x03)
    go(to: 60_000)
    #expect(line.risingEdges == 2)
  }

  @Test func aNewProgramForgetsTheInterrupt() {
    control(0x30)
    count(0, 0xe8, 0x03)
    control(0x30)
    #expect(time.deadline == nil)
    go(to: 5_000)
    #expect(line.levels.isEmpty)
  }

  @Test func aHostThatIsLateMakesOneInterruptOfMany() {
    control(0x34)
    count(0, 0xe8, 0x03)
    time.skip(1_000_000_000)
    time.advance(by: 0)
    #expect(line.risingEdges == 1)
    #expect((time.deadline ?? 0) > time.monotonicNanoseconds)
  }

  @Test func theShortestCountsDoNotFloodTheHost() {
    control(0x34)
    count(0, 1, 0)
    #expect(time.advance(by: 1_000_000_000) <= 10_001)
    #expect(line.risingEdges > 5_000)
  }
}
