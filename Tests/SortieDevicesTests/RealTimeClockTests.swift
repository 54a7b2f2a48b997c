import SortieDevices
import Testing

/// MC146818A data sheet: time, calendar, data modes, set mode. Values in BCD are written in hexadecimal.
@Suite struct RealTimeClockTests {
  @Test func itBeginsWithTheTimeOfTheHostInBCDAnd24Hours() {
    let rtc = ClockFixture(wall: 86_400 * 20_000 + 23 * 3_600 + 59 * 60 + 58)
    #expect(rtc.date == [0x20, 0x24, 0x10, 0x04, 0x23, 0x59, 0x58])
    #expect(rtc.weekday == 6)
    #expect(rtc.a == 0x26 && rtc.b == 0x02 && rtc[0xd] == 0x80)
  }

  @Test func secondsCarryIntoTheNextDay() {
    let rtc = ClockFixture(wall: 86_400 * 20_001 - 1)
    rtc.time.advance(by: ClockFixture.second)
    #expect(rtc.date == [0x20, 0x24, 0x10, 0x05, 0x00, 0x00, 0x00])
    #expect(rtc.weekday == 7)
    rtc.time.advance(by: 86_400 * ClockFixture.second)
    #expect(rtc.weekday == 1, "Saturday, then Sunday")
  }

  @Test(
    arguments: [
      (951_782_399, [0x20, 0x00, 0x02, 0x29, 0, 0, 0]),  // 2000 is a leap year,
      (4_107_542_399, [0x21, 0x00, 0x03, 0x01, 0, 0, 0]),  // 2100 is none.
      (1_735_689_599, [0x20, 0x25, 0x01, 0x01, 0, 0, 0]),
      (946_684_799, [0x20, 0x00, 0x01, 0x01, 0, 0, 0]),
      (-1, [0x19, 0x70, 0x01, 0x01, 0, 0, 0]),
    ] as [(Int64, [UInt8])])
  func theCalendarIsGregorian(lastSecond: Int64, next: [UInt8]) {
    let rtc = ClockFixture(wall: lastSecond)
    rtc.time.advance(by: ClockFixture.second)
    #expect(rtc.date == next)
  }

  @Test func theFourDigitsOfTheYearWrap() {
    let rtc = ClockFixture()
    rtc.date = [0x99, 0x99, 0x12, 0x31, 0x23, 0x59, 0x59]
    rtc.time.advance(by: ClockFixture.second)
    #expect(rtc.date == [0x00, 0x00, 0x01, 0x01, 0, 0, 0])
  }

  @Test func binaryModeSaysTheSameTimeInBinary() {
    let rtc = ClockFixture(wall: 86_400 * 20_000 + 23 * 3_600 + 59 * 60 + 58)
    rtc.b = 0x06
    #expect(rtc.date == [20, 24, 10, 4, 23, 59, 58])
    rtc.time.advance(by: 2 * ClockFixture.second)
    #expect(rtc.date == [20, 24, 10, 5, 0, 0, 0])
  }

  @Test(
    arguments: [
      (0, 0x12, 12), (1, 0x01, 1), (11, 0x11, 11), (12, 0x92, 0x8c), (13, 0x81, 0x81), (23, 0x91, 0x8b),
    ] as [(Int64, UInt8, UInt8)])
  func twelveHoursHaveABitForTheAfternoon(hour: Int64, bcd: UInt8, binary: UInt8) {
    let rtc = ClockFixture(wall: hour * 3_600)
    rtc.b = 0x00
    #expect(rtc[4] == bcd)
    rtc.b = 0x04
    #expect(rtc[4] == binary)
    rtc.b = 0x02
    #expect(rtc[4] == UInt8((hour / 10) << 4 | hour % 10))
  }

  @Test func updateInProgressComesBeforeTheSecondEnds() {
    let rtc = ClockFixture()
    rtc.time.advance(by: ClockFixture.second - 2_228_001)
    #expect(rtc.a == 0x26)
    rtc.time.advance(by: 1)
    #expect(rtc.a == 0xa6)
    #expect(rtc[0] == 0x00)
    rtc.time.advance(by: 2_228_000)
    #expect(rtc.a == 0x26)
    #expect(rtc[0] == 0x01)
  }

  @Test func setModeHoldsTheTimeAndItGoesOnFromWhatIsSet() {
    let rtc = ClockFixture()
    rtc.b = 0x82
    rtc.time.advance(by: 100 * ClockFixture.second + 300 * ClockFixture.millisecond)
    #expect(rtc.a == 0x26)
    #expect(rtc[0] == 0x00)
    rtc.date = [0x19, 0x99, 0x12, 0x31, 0x23, 0x59, 0x59]
    #expect(rtc.date == [0x19, 0x99, 0x12, 0x31, 0x23, 0x59, 0x59])
    rtc.b = 0x02
    rtc.time.advance(by: 699 * ClockFixture.millisecond)
    #expect(rtc[0] == 0x59, "the divider went on: the second ends when it would have ended")
    rtc.time.advance(by: ClockFixture.millisecond)
    #expect(rtc.date == [0x20, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00])
  }

  @Test func noUpdateBeginsInSetMode() {
    let rtc = ClockFixture()
    rtc.b = 0x82
    rtc.time.advance(by: ClockFixture.second - ClockFixture.millisecond)
    #expect(rtc.a == 0x26)
    rtc.time.advance(by: 10 * ClockFixture.second)
    #expect(rtc.c & 0x30 == 0)
  }

  /// As Linux's mc146818_set_time does it: set mode, divider reset, time, both back.
  @Test func theFirstUpdateFollowsHalfASecondAfterTheDividersReset() {
    let rtc = ClockFixture()
    rtc.time.advance(by: 200 * ClockFixture.millisecond)
    rtc.b = 0x82
    rtc.a = 0x76
    rtc.date = [0x20, 0x30, 0x02, 0x28, 0x12, 0x34, 0x56]
    rtc.time.advance(by: 5 * ClockFixture.second)
    rtc.b = 0x02
    #expect(rtc.date == [0x20, 0x30, 0x02, 0x28, 0x12, 0x34, 0x56])
    rtc.a = 0x26
    rtc.time.advance(by: 499 * ClockFixture.millisecond)
    #expect(rtc[0] == 0x56)
    rtc.time.advance(by: ClockFixture.millisecond)
    #expect(rtc[0] == 0x57)
  }

  @Test func aDateThatIsNoneGoesOnAsTheDayThatItMeans() {
    let rtc = ClockFixture()
    rtc.date = [0x20, 0x23, 0x02, 0x31, 0x10, 0x00, 0x00]
    #expect(rtc[7] == 0x31, "until the next update it reads as written")
    rtc.time.advance(by: ClockFixture.second)
    #expect(rtc.date == [0x20, 0x23, 0x03, 0x03, 0x10, 0x00, 0x01])
  }

  @Test func memoryHoldsAnyValueAndControlsAreNoMemory() {
    let rtc = ClockFixture()
    for register in (0x0e...0x7f as ClosedRange<UInt8>) where register != 0x32 {
      #expect(rtc[register] == 0)
      rtc[register] = register ^ 0xa5
    }
    for register in (0x0e...0x7f as ClosedRange<UInt8>) where register != 0x32 {
      #expect(rtc[register | 0x80] == register ^ 0xa5, "the bit that masks NMIs is no part of the index")
    }
    rtc[0xd] = 0
    #expect(rtc[0xd] == 0x80)
  }

  @Test func theIndexIsWriteOnly() {
    let rtc = ClockFixture()
    rtc.clock.write(0, [0x0d])
    #expect(rtc.clock.read(0, count: 3) == [0xff, 0x80, 0xff])
  }

  /// Over the leap year 2000 and over 2100, which is none.
  @Test func everyDayFollowsTheLast() {
    let rtc = ClockFixture(wall: 943_920_000)
    var last = (month: rtc[8], day: rtc[7], weekday: rtc.weekday)
    for _ in 0..<37_500 {
      rtc.time.advance(by: 86_400 * ClockFixture.second)
      let today = (month: rtc[8], day: rtc[7], weekday: rtc.weekday)
      #expect(today.weekday == last.weekday % 7 + 1)
      let follows =
        today.month == last.month && today.day & 0xf == (last.day & 0xf) + 1
        || today.month == last.month && today.day == (last.day & 0xf0) + 0x10 && last.day & 0xf == 9
        || today.month != last.month && today.day == 0x01 && last.day >= 0x28
      #expect(follows, "\(today) after \(last)")
      last = today
    }
  }
}
