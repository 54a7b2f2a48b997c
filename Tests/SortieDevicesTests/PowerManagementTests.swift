import SortieDevices
import Testing

/// ACPI 6.5, section 4.8.3. Bits are written as numbers, from the specification.
@Suite struct PowerManagementTests {
  private static let second: UInt64 = 1_000_000_000

  let time = ManualTime()
  let sci = RecordingLine()
  let device: PowerManagement

  init() { device = PowerManagement(sci: sci, timers: time) }

  private func word(_ offset: UInt64) -> UInt16 {
    let bytes = device.read(offset, count: 2)
    return UInt16(bytes[0]) | UInt16(bytes[1]) << 8
  }

  @discardableResult
  private func store(_ offset: UInt64, _ value: UInt16) -> DeviceEffect {
    device.write(offset, [UInt8(value & 0xff), UInt8(value >> 8)])
  }

  private var timer: UInt32 {
    device.read(8, count: 4).enumerated().reduce(0) { $0 | UInt32($1.element) << UInt32(8 * $1.offset) }
  }

  @Test func theMachineIsInACPIModeFromTheStart() {
    #expect(word(0) == 0 && word(2) == 0 && word(4) == 0x0001)
    store(4, 0x0000)
    #expect(word(4) == 0x0001)
  }

  @Test func sleepOfTypeFiveTurnsThePowerOff() {
    #expect(store(4, 5 << 10) == .none)
    #expect(word(4) == 5 << 10 | 1)
    #expect(store(4, 5 << 10 | 1 << 13) == .powerOff)
  }

  @Test(arguments: (0...7).filter { $0 != 5 } as [UInt16])
  func sleepOfAnotherTypeDoesNothing(type: UInt16) {
    #expect(store(4, type << 10 | 1 << 13) == .none)
    #expect(word(4) == type << 10 | 1, "SLP_EN reads as zero")
  }

  @Test func theButtonRaisesTheSCIUntilItsStatusIsCleared() {
    store(2, 0x0100)
    #expect(device.pressPowerButton())
    #expect(sci.levels == [true])
    #expect(word(0) == 0x0100)
    store(0, 0x0001)
    #expect(sci.level)
    store(0, 0x0100)
    #expect(sci.levels == [true, false])
    #expect(word(0) == 0)
  }

  @Test func aButtonThatIsNotEnabledIsOnlyNoted() {
    #expect(!device.pressPowerButton())
    #expect(sci.levels.isEmpty)
    store(2, 0x0100)
    #expect(sci.level, "enabling it raises what is pending")
    store(2, 0)
    #expect(!sci.level)
    #expect(word(0) == 0x0100)
  }

  @Test func onlyTheSpecifiedEventsCanBeEnabled() {
    store(2, 0xffff)
    #expect(word(2) == 0x0721)
  }

  @Test func theTimerCountsAtItsRate() {
    #expect(timer == 0)
    time.advance(by: Self.second)
    #expect(timer == 3_579_545)
    time.advance(by: Self.second / 1000)
    #expect(timer == 3_583_124)
  }

  @Test func theTimerWrapsAfter32Bits() {
    time.advance(by: 1_200 * Self.second)
    #expect(timer == UInt32(truncatingIfNeeded: 1_200 * 3_579_545 as UInt64))
  }

  @Test func aChangeOfTheTimersHighestBitIsAnEvent() {
    time.advance(by: 599 * Self.second)
    #expect(word(0) == 0)
    time.advance(by: Self.second)
    #expect(word(0) == 0x0001)
    store(0, 0x0001)
    #expect(word(0) == 0)
    #expect(time.deadline == nil, "nobody waits for it")
  }

  @Test func theTimersEventRaisesTheSCIOnceEnabled() {
    store(2, 0x0001)
    time.advance(by: 599 * Self.second)
    #expect(sci.levels.isEmpty)
    time.advance(by: Self.second)
    #expect(sci.levels == [true])
    #expect(time.deadline == nil)
    store(0, 0x0001)
    #expect(!sci.level)
    time.advance(by: 600 * Self.second)
    #expect(sci.levels == [true, false, true])
    store(2, 0)
    store(0, 0x0001)
    #expect(time.deadline == nil)
  }

  @Test func bytesAreRegistersOfTheirOwn() {
    device.pressPowerButton()
    device.write(3, [0x01])
    #expect(sci.level)
    #expect(device.read(1, count: 1) == [0x01])
    #expect(device.write(5, [0x34]) == .powerOff)
    #expect(device.read(6, count: 2) == [0, 0])
    #expect(device.read(11, count: 3) == [0, 0xff, 0xff])
  }

  @Test func theTimerStandsStillAtTheEndOfTheClock() {
    let time = ManualTime(now: .max - 1)
    let device = PowerManagement(sci: sci, timers: time)
    device.write(2, [0x01, 0x00])
    #expect(device.read(8, count: 4) == [0, 0, 0, 0])
    #expect(time.deadline == nil)
  }
}
