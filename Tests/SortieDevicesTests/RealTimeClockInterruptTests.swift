import SortieDevices
import Testing

/// MC146818A data sheet: the three interrupts and registers B and C.
@Suite struct RealTimeClockInterruptTests {
  @Test func anUpdateThatEndsIsFlaggedWithoutAnInterrupt() {
    let rtc = ClockFixture()
    #expect(rtc.c == 0x00)
    rtc.a = 0x20
    rtc.time.advance(by: ClockFixture.second)
    #expect(rtc.c & 0x90 == 0x10)
    #expect(rtc.c == 0x00, "reading clears it")
    #expect(rtc.line.levels.isEmpty)
  }

  @Test func theUpdateEndedInterruptComesEachSecondOnceItsFlagIsRead() {
    let rtc = ClockFixture()
    rtc.a = 0x20
    rtc.b = 0x12
    _ = rtc.c
    #expect(rtc.time.advance(by: 999 * ClockFixture.millisecond) == 0)
    #expect(rtc.time.advance(by: ClockFixture.millisecond) == 1)
    #expect(rtc.line.levels == [true])
    #expect(rtc.time.advance(by: 10 * ClockFixture.second) == 0, "no call while the line is up")
    #expect(rtc.c & 0x90 == 0x90)
    #expect(rtc.line.levels == [true, false])
    #expect(rtc.time.advance(by: ClockFixture.second) == 1)
    #expect(rtc.line.levels == [true, false, true])
  }

  @Test func setModeDisablesTheUpdateEndedInterrupt() {
    let rtc = ClockFixture()
    rtc.b = 0x92
    #expect(rtc.b == 0x82)
    #expect(rtc.time.deadline == nil)
  }

  @Test(
    arguments: [
      (1, 3_906_250), (2, 7_812_500), (3, 122_071), (6, 976_563), (15, 500_000_000),
    ] as [(UInt8, UInt64)])
  func thePeriodicInterruptHasItsRate(rate: UInt8, nanoseconds: UInt64) {
    let rtc = ClockFixture()
    rtc.a = 0x20 | rate
    rtc.b = 0x42
    _ = rtc.c
    #expect(rtc.time.advance(by: nanoseconds - 1) == 0)
    rtc.time.advance(by: 1)
    #expect(rtc.line.levels == [true])
    #expect(rtc.c == 0xc0)
    #expect(!rtc.line.level)
  }

  @Test func periodsDoNotDrift() {
    let rtc = ClockFixture()
    rtc.a = 0x26
    rtc.b = 0x42
    var interrupts = 0
    for _ in 0..<20_000 {
      rtc.time.advance(by: 100_000)
      if rtc.c & 0x40 != 0 { interrupts += 1 }
    }
    #expect(interrupts == 2_048)
  }

  @Test func withoutARateThereIsNoPeriodicInterrupt() {
    let rtc = ClockFixture()
    rtc.a = 0x20
    rtc.b = 0x42
    #expect(rtc.time.deadline == nil)
    rtc.time.advance(by: 10 * ClockFixture.second)
    #expect(rtc.c & 0xc0 == 0)
  }

  @Test func theAlarmComesAtItsTimeAndNotBefore() {
    let rtc = ClockFixture()
    rtc.setAlarm(0x01, 0x02, 0x03)
    rtc.b = 0x22
    _ = rtc.c
    #expect(rtc.time.advance(by: 3_722 * ClockFixture.second) == 0)
    #expect(rtc.time.advance(by: ClockFixture.second) == 1)
    #expect(rtc.line.levels == [true])
    #expect(rtc.c & 0xa0 == 0xa0)
    rtc.time.advance(by: 86_399 * ClockFixture.second)
    #expect(!rtc.line.level)
    rtc.time.advance(by: ClockFixture.second)
    #expect(rtc.line.level, "and again on the next day")
  }

  @Test(
    arguments: [
      (0xff, 0xff, 0xff, 1), (0xc0, 0xff, 0x30, 30), (0xff, 0x05, 0x00, 300), (0x02, 0xff, 0xff, 7_200),
      (0xff, 0x00, 0xff, 1), (0x00, 0x00, 0x00, 86_400),
    ] as [(UInt8, UInt8, UInt8, UInt64)])
  func anAlarmByteWithBothUpperBitsMatchesAnyTime(
    hours: UInt8, minutes: UInt8, seconds: UInt8, after: UInt64
  ) {
    let rtc = ClockFixture()
    rtc.setAlarm(hours, minutes, seconds)
    rtc.b = 0x22
    rtc.time.advance(by: (after - 1) * ClockFixture.second)
    #expect(rtc.line.levels.isEmpty)
    rtc.time.advance(by: ClockFixture.second)
    #expect(rtc.line.levels == [true])
  }

  @Test(arguments: [(0x24, 0, 0), (0, 0x60, 0), (0, 0, 0x0a), (0, 0x7f, 0)] as [(UInt8, UInt8, UInt8)])
  func anAlarmAtNoTimeNeverComes(hours: UInt8, minutes: UInt8, seconds: UInt8) {
    let rtc = ClockFixture()
    rtc.setAlarm(hours, minutes, seconds)
    rtc.b = 0x22
    #expect(rtc.time.deadline == nil)
    rtc.time.advance(by: 3 * 86_400 * ClockFixture.second)
    #expect(rtc.c & 0x20 == 0)
  }

  @Test func anAlarmOfTwelveHoursTellsAfternoonFromMorning() {
    let rtc = ClockFixture()
    rtc.b = 0x20
    rtc.setAlarm(0x81, 0x00, 0x00)
    rtc.time.advance(by: (13 * 3_600 - 1) * ClockFixture.second)
    #expect(rtc.line.levels.isEmpty)
    rtc.time.advance(by: ClockFixture.second)
    #expect(rtc.line.levels == [true])
  }

  @Test func anAlarmThatPassedUnseenIsFlagged() {
    let rtc = ClockFixture()
    rtc.setAlarm(0x00, 0x00, 0x05)
    _ = rtc.c
    rtc.time.advance(by: 4 * ClockFixture.second)
    #expect(rtc.c & 0x20 == 0)
    rtc.time.advance(by: 60 * ClockFixture.second)
    #expect(rtc.c & 0x20 == 0x20)
  }

  @Test func enablingWhatIsPendingRaisesTheLine() {
    let rtc = ClockFixture()
    rtc.time.advance(by: ClockFixture.second)
    rtc.b = 0x12
    #expect(rtc.line.levels == [true])
    rtc.b = 0x02
    #expect(rtc.line.levels == [true, false])
  }

  @Test func aHostThatIsLateMakesOneInterruptOfMany() {
    let rtc = ClockFixture()
    rtc.b = 0x42
    rtc.time.skip(3 * ClockFixture.second)
    rtc.time.advance(by: 0)
    #expect(rtc.line.levels == [true])
    #expect(rtc.c == 0xd0)
    #expect((rtc.time.deadline ?? 0) > rtc.time.monotonicNanoseconds)
  }
}
