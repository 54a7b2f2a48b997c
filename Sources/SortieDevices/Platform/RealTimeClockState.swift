private typealias Register = RealTimeClockRegister
private typealias Bits = RealTimeClockBits

/// The registers of an MC146818A and what an access does to them. The caller serialises, and advances the time before
/// each access.
///
/// Where it differs from the chip: a change of the data mode converts the time, which the chip leaves to the program;
/// the time can be read while an update is in progress; daylight saving (DSE) and the square wave (SQWE) have no
/// function.
struct RealTimeClockState: Sendable {
  private static let second = Int64(Frequency.nanosecondsPerSecond)
  private static let quartz = Frequency(hertz: 32_768)
  /// UIP comes 244 µs before an update cycle of 1984 µs (data sheet, table 6).
  private static let updateNanoseconds: Int64 = 2_228_000

  private let line: any InterruptLine
  private let timer: any DeviceTimer

  private var index: UInt8 = 0
  // The time, the alarm and the NVRAM; A to D stand beside it.
  private var memory = InlineArray<128, UInt8>(repeating: 0)
  private var a = Bits.dividerRuns | Bits.usualRate
  private var b = Bits.hours24
  private var flags: UInt8 = 0

  private var now: Int64
  /// When the second that the registers show began, or, in set mode, would have begun.
  private var secondStart: Int64
  /// When the divider chain was at zero.
  private var dividerStart: Int64
  private var periods: UInt64 = 0

  private var level = false
  private var deadline: UInt64?

  /// - Parameters:
  ///   - now: the monotonic clock, in nanoseconds.
  ///   - wall: nanoseconds since 1970.
  init(line: any InterruptLine, timer: any DeviceTimer, now: UInt64, wall: Int64) {
    self.line = line
    self.timer = timer
    self.now = Self.moment(now)
    let part = (wall % Self.second + Self.second) % Self.second
    secondStart = self.now - part
    dividerStart = secondStart
    let seconds = (wall - part) / Self.second
    store(CalendarTime(secondsSince1970: seconds))
    // 1 January 1970 was a Thursday, the fifth day of its week.
    setDayOfWeek(after: 5, days: CalendarTime.day(of: seconds))
    periods = periodCount
  }

  /// A moment that leaves room for calculating with it: the clock stands still after 146 years.
  private static func moment(_ nanoseconds: UInt64) -> Int64 { Int64(min(nanoseconds, 1 << 62)) }

  private var isRunning: Bool { a & Bits.dividerMask == Bits.dividerRuns }
  private var isSet: Bool { b & Bits.set != 0 }
  private var format: TimeFormat {
    TimeFormat(isBinary: b & Bits.binary != 0, has24Hours: b & Bits.hours24 != 0)
  }

  // MARK: Registers

  mutating func select(_ value: UInt8) { index = value & 0x7f }

  mutating func readData() -> UInt8 {
    switch index {
    case Register.a:
      return a | (isUpdating ? Bits.updateInProgress : 0)
    case Register.b:
      return b
    case Register.c:
      let value = flags | (flags & b & Bits.interrupts != 0 ? Bits.interruptRequest : 0)
      flags = 0
      updateOutputs()
      return value
    case Register.d:
      return Bits.validRAMAndTime
    default:
      return memory[Int(index)]
    }
  }

  mutating func writeData(_ value: UInt8) {
    switch index {
    case Register.a: writeA(value & ~Bits.updateInProgress)
    case Register.b: writeB(value)
    case Register.c, Register.d: return
    default: memory[Int(index)] = value
    }
    updateOutputs()
  }

  /// Held in reset the divider stands; released, the first update follows half a second later.
  private mutating func writeA(_ value: UInt8) {
    let wasRunning = isRunning
    a = value
    if isRunning, !wasRunning {
      secondStart = now - Self.second / 2
      dividerStart = secondStart
    }
    periods = periodCount
  }

  private mutating func writeB(_ value: UInt8) {
    let time = time
    let dayOfWeek = format.decode(memory[Int(Register.dayOfWeek)])
    let old = format
    b = value
    // Set mode disables the update-ended interrupt.
    if isSet { b &= ~Bits.updateEnded }
    guard format != old else { return }
    store(time)
    memory[Int(Register.dayOfWeek)] = format.encode(dayOfWeek)
  }

  private var isUpdating: Bool {
    isRunning && !isSet && now - secondStart >= Self.second - Self.updateNanoseconds
  }

  // MARK: Time

  mutating func advance(to nanoseconds: UInt64) {
    now = max(now, Self.moment(nanoseconds))
    guard isRunning else { return }
    let count = periodCount
    if count != periods { flags |= Bits.periodic }
    periods = count
    let seconds = (now - secondStart) / Self.second
    guard seconds > 0 else { return }
    secondStart += seconds * Self.second
    // Set mode inhibits updates, and the seconds go by.
    guard !isSet else { return }
    flags |= Bits.updateEnded
    if let alarm = secondsToAlarm, alarm <= seconds { flags |= Bits.alarm }
    let before = time.secondsSince1970
    store(CalendarTime(secondsSince1970: before + seconds))
    let days = CalendarTime.day(of: before + seconds) - CalendarTime.day(of: before)
    if days > 0 { setDayOfWeek(after: format.decode(memory[Int(Register.dayOfWeek)]), days: days) }
  }

  private var time: CalendarTime {
    func value(_ register: UInt8) -> Int64 { format.decode(memory[Int(register)]) }
    return CalendarTime(
      year: value(RealTimeClock.centuryIndex) * 100 + value(Register.year), month: value(Register.month),
      day: value(Register.dayOfMonth), hour: format.decodeHour(memory[Int(Register.hours)]),
      minute: value(Register.minutes), second: value(Register.seconds))
  }

  private mutating func store(_ time: CalendarTime) {
    memory[Int(Register.seconds)] = format.encode(time.second)
    memory[Int(Register.minutes)] = format.encode(time.minute)
    memory[Int(Register.hours)] = format.encodeHour(time.hour)
    memory[Int(Register.dayOfMonth)] = format.encode(time.day)
    memory[Int(Register.month)] = format.encode(time.month)
    memory[Int(Register.year)] = format.encode(time.year % 100)
    memory[Int(RealTimeClock.centuryIndex)] = format.encode(time.year / 100 % 100)
  }

  /// Days of the week count from 1, a Sunday; what the guest made of them goes on from there.
  private mutating func setDayOfWeek(after day: Int64, days: Int64) {
    let number = ((day - 1 + days) % 7 + 7) % 7
    memory[Int(Register.dayOfWeek)] = format.encode(number + 1)
  }

  // MARK: Alarm

  /// Which values of a unit an alarm byte matches.
  private enum AlarmMatch {
    case any
    case one(Int64)

    func includes(_ value: Int64) -> Bool {
      switch self {
      case .any: true
      case .one(let one): value == one
      }
    }
  }

  /// Nil where the byte says no value that the clock ever shows.
  private func alarmMatch(_ register: UInt8, hours: Bool = false) -> AlarmMatch? {
    let byte = memory[Int(register)]
    guard byte & Bits.anyTime != Bits.anyTime else { return .any }
    let value = hours ? format.decodeHour(byte) : format.decode(byte)
    let shown = hours ? format.encodeHour(value) : format.encode(value)
    return value < (hours ? 24 : 60) && shown == byte ? .one(value) : nil
  }

  /// Seconds until the time next matches the alarm, from 1 to a day; nil if it never does. Whole hours and minutes are
  /// skipped, so the search takes a few hundred steps at most.
  private var secondsToAlarm: Int64? {
    guard let hours = alarmMatch(Register.hoursAlarm, hours: true),
      let minutes = alarmMatch(Register.minutesAlarm), let seconds = alarmMatch(Register.secondsAlarm)
    else { return nil }
    let since1970 = time.secondsSince1970
    let start = since1970 - CalendarTime.day(of: since1970) * CalendarTime.secondsPerDay
    var moment = start + 1
    while moment <= start + CalendarTime.secondsPerDay {
      if !hours.includes(moment / 3_600 % 24) {
        moment = (moment / 3_600 + 1) * 3_600
      } else if !minutes.includes(moment / 60 % 60) {
        moment = (moment / 60 + 1) * 60
      } else if !seconds.includes(moment % 60) {
        moment += 1
      } else {
        return moment - start
      }
    }
    return nil
  }

  // MARK: Interrupts

  /// Counts of the quartz in one period (data sheet, table 5); nil where the rate is none.
  private var period: UInt64? {
    let rate = a & Bits.rateMask
    // The two fastest rates of the other time bases are slow ones of this one.
    return rate == 0 ? nil : 1 << (rate < 3 ? rate + 6 : rate - 1)
  }

  private var periodCount: UInt64 {
    guard let period else { return 0 }
    return Self.quartz.ticks(in: UInt64(now - dividerStart)) / period
  }

  /// Drives the line, and sets the timer for the first of the enabled interrupts that is not pending yet.
  mutating func updateOutputs() {
    let asserted = flags & b & Bits.interrupts != 0
    if asserted != level {
      level = asserted
      line.set(level: asserted)
    }
    let next = nextInterrupt
    guard next != deadline else { return }
    deadline = next
    timer.set(next)
  }

  private var nextInterrupt: UInt64? {
    let waiting = b & ~flags
    guard isRunning, waiting & Bits.interrupts != 0 else { return nil }
    var next = Int64.max
    if waiting & Bits.periodic != 0, let period {
      next = dividerStart + Int64(Self.quartz.nanoseconds(until: (periods + 1) * period))
    }
    if !isSet {
      if waiting & Bits.updateEnded != 0 { next = min(next, secondStart + Self.second) }
      if waiting & Bits.alarm != 0, let alarm = secondsToAlarm {
        next = min(next, secondStart + alarm * Self.second)
      }
    }
    return next == .max ? nil : UInt64(max(next, 0))
  }

  /// The timer has called: it has no deadline until it is set again.
  mutating func timerFired() {
    deadline = nil
    updateOutputs()
  }
}
