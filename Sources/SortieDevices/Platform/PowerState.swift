/// The power management registers and what an access does to them. The caller serialises, and advances the time before
/// each access.
struct PowerState: Sendable {
  // PM1 status and enable have the same bits (ACPI 6.5, tables 4.13 and 4.14).
  private static let timerEvent: UInt16 = 1 << 0
  private static let globalEvent: UInt16 = 1 << 5
  private static let powerButtonEvent: UInt16 = 1 << 8
  private static let sleepButtonEvent: UInt16 = 1 << 9
  private static let clockEvent: UInt16 = 1 << 10
  private static let enableMask = timerEvent | globalEvent | powerButtonEvent | sleepButtonEvent | clockEvent

  // PM1 control (table 4.15); its upper byte holds SLP_TYP and SLP_EN, which reads as zero.
  private static let sciEnable: UInt8 = 1 << 0
  private static let busMasterReload: UInt8 = 1 << 1
  private static let sleepTypeShift: UInt8 = 2
  private static let sleepTypeMask: UInt8 = 0b111
  private static let sleepEnable: UInt8 = 1 << 5

  /// The PM timer (section 4.8.3.3).
  private static let frequency = Frequency(hertz: 3_579_545)
  /// The status is set whenever the highest bit of the timer changes (section 4.8.3.1.1).
  private static let carryShift: UInt64 = 31

  private let sci: any InterruptLine
  private let timer: any DeviceTimer
  private let start: UInt64

  private var ticks: UInt64 = 0
  private var status: UInt16 = 0
  private var enable: UInt16 = 0
  private var control: UInt8 = 0
  private var sleepType: UInt8 = 0
  private var level = false
  private var isArmed = false

  init(sci: any InterruptLine, timer: any DeviceTimer, start: UInt64) {
    self.sci = sci
    self.timer = timer
    self.start = start
  }

  mutating func advance(to now: UInt64) {
    let elapsed = Self.frequency.ticks(in: now >= start ? now - start : 0)
    if elapsed >> Self.carryShift != ticks >> Self.carryShift { status |= Self.timerEvent }
    ticks = elapsed
  }

  func read(register: UInt8) -> UInt8 {
    switch register {
    case 0: UInt8(truncatingIfNeeded: status)
    case 1: UInt8(truncatingIfNeeded: status >> 8)
    case 2: UInt8(truncatingIfNeeded: enable)
    case 3: UInt8(truncatingIfNeeded: enable >> 8)
    case 4: control | Self.sciEnable
    case 5: sleepType << Self.sleepTypeShift
    case 8..<12: UInt8(truncatingIfNeeded: ticks >> (8 * UInt64(register - 8)))
    default: 0
    }
  }

  mutating func write(_ value: UInt8, register: UInt8) -> DeviceEffect {
    switch register {
    // Status bits are cleared by writing ones.
    case 0: status &= ~UInt16(value)
    case 1: status &= ~(UInt16(value) << 8)
    case 2: enable = (enable & 0xff00 | UInt16(value)) & Self.enableMask
    case 3: enable = (enable & 0x00ff | UInt16(value) << 8) & Self.enableMask
    case 4: control = value & Self.busMasterReload
    case 5:
      sleepType = value >> Self.sleepTypeShift & Self.sleepTypeMask
      if value & Self.sleepEnable != 0, sleepType == PowerManagement.softOffType { return .powerOff }
    default: break
    }
    return .none
  }

  mutating func pressPowerButton() -> Bool {
    status |= Self.powerButtonEvent
    updateOutputs()
    return enable & Self.powerButtonEvent != 0
  }

  /// Drives the SCI, and sets the timer only where its carry would raise it.
  mutating func updateOutputs() {
    let asserted = status & enable != 0
    if asserted != level {
      level = asserted
      sci.set(level: asserted)
    }
    let waits = enable & ~status & Self.timerEvent != 0
    guard waits || isArmed else { return }
    isArmed = waits
    timer.set(waits ? nextCarry : nil)
  }

  private var nextCarry: UInt64? {
    let carry = (ticks >> Self.carryShift + 1) << Self.carryShift
    let (deadline, overflow) = start.addingReportingOverflow(Self.frequency.nanoseconds(until: carry))
    return overflow ? nil : deadline
  }
}
