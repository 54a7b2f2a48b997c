import SortieDevices

/// A real time clock with its registers by the names of the data sheet.
struct ClockFixture {
  static let second: UInt64 = 1_000_000_000
  static let millisecond: UInt64 = 1_000_000

  let time: ManualTime
  let line = RecordingLine()
  let clock: RealTimeClock

  /// A clock that shows `wall` seconds since 1970; 86,400 × 20,000 is 4 October 2024, 00:00:00, a Friday.
  init(wall: Int64 = 86_400 * 20_000) {
    time = ManualTime(wall: wall)
    clock = RealTimeClock(line: line, timers: time)
  }

  subscript(register: UInt8) -> UInt8 {
    get {
      clock.write(0, [register])
      return clock.read(1, count: 1)[0]
    }
    nonmutating set {
      clock.write(0, [register])
      clock.write(1, [newValue])
    }
  }

  /// Century, year, month, day, hours, minutes, seconds.
  var date: [UInt8] {
    get { Self.dateRegisters.map { self[$0] } }
    nonmutating set { for (register, value) in zip(Self.dateRegisters, newValue) { self[register] = value } }
  }
  private static let dateRegisters: [UInt8] = [0x32, 9, 8, 7, 4, 2, 0]

  var weekday: UInt8 { self[6] }
  var a: UInt8 {
    get { self[0xa] }
    nonmutating set { self[0xa] = newValue }
  }
  var b: UInt8 {
    get { self[0xb] }
    nonmutating set { self[0xb] = newValue }
  }
  /// Reading it clears it.
  var c: UInt8 { self[0xc] }
  func setAlarm(_ hours: UInt8, _ minutes: UInt8, _ seconds: UInt8) {
    for (register, value) in [(5, hours), (3, minutes), (1, seconds)] as [(UInt8, UInt8)] {
      self[register] = value
    }
  }
}
