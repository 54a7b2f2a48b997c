/// Interrupt cause, mask and throttle (sections 13.4.17 to 13.4.21), and the pin that they drive. The caller serialises.
///
/// The pin is up while a cause is set that the mask lets through. The throttle (ITR) puts off the moment at which it
/// rises, so that between two rises the interval passes that the driver has set; whoever reads the causes meanwhile
/// finds them.
struct InterruptCauses: Sendable {
  /// Nanoseconds of one step of the interval.
  private static let throttleUnit: UInt64 = 256

  private(set) var causes: UInt32 = 0
  private(set) var mask: UInt32 = 0
  /// The interval of the throttle in steps; 0 is none.
  private(set) var interval: UInt16 = 0

  private var level = false
  private var lastRise: UInt64?
  private var deadline: UInt64?

  private let pin: PCIRegisters
  private let timer: any DeviceTimer
  private let clock: any DeviceClock

  init(pin: PCIRegisters, timer: any DeviceTimer, clock: any DeviceClock) {
    self.pin = pin
    self.timer = timer
    self.clock = clock
  }

  mutating func raise(_ bits: UInt32) {
    causes |= bits & InterruptCause.all
    update()
  }

  /// Reads the causes, which clears them.
  mutating func take() -> UInt32 {
    defer { clear(causes) }
    return causes
  }

  mutating func clear(_ bits: UInt32) {
    causes &= ~bits
    update()
  }

  mutating func enable(_ bits: UInt32) {
    mask |= bits & InterruptCause.all
    update()
  }

  mutating func disable(_ bits: UInt32) {
    mask &= ~bits
    update()
  }

  mutating func setInterval(_ steps: UInt16) {
    interval = steps
    update()
  }

  mutating func reset() {
    causes = 0
    mask = 0
    interval = 0
    lastRise = nil
    update()
  }

  /// The deadline has passed, or an older one that was moved since.
  mutating func timerFired() {
    guard let deadline, deadline <= clock.monotonicNanoseconds else { return }
    self.deadline = nil
    update()
  }

  private mutating func update() {
    guard causes & mask != 0 else {
      setDeadline(nil)
      setLevel(false)
      return
    }
    guard !level else { return }
    if interval != 0 {
      let now = clock.monotonicNanoseconds
      if let lastRise {
        let (next, overflow) = lastRise.addingReportingOverflow(UInt64(interval) * Self.throttleUnit)
        guard overflow || now >= next else { return setDeadline(next) }
      }
      lastRise = now
    }
    setDeadline(nil)
    setLevel(true)
  }

  private mutating func setLevel(_ level: Bool) {
    guard level != self.level else { return }
    self.level = level
    pin.setPin(level: level)
  }

  private mutating func setDeadline(_ deadline: UInt64?) {
    guard deadline != self.deadline else { return }
    self.deadline = deadline
    timer.set(deadline)
  }
}
