import Synchronization

/// ACPI's fixed power management registers (ACPI 6.5, section 4.8.3), as the FADT must describe them: the PM1a event
/// block at offset 0, PM1a control at 4, the timer, of 32 bits, at 8. There is no PM1b block and no SMI_CMD: the
/// machine is in ACPI mode from the start and stays there.
///
/// The only sleeping state is S5, with the type ``softOffType`` that the DSDT's `\_S5` must say. A sleep of another type
/// has no effect.
public final class PowerManagement: Device, TimedDevice {
  /// Ports that the registers take.
  public static let registerCount: UInt64 = 12
  /// SLP_TYP of soft off.
  public static let softOffType: UInt8 = 5

  /// What reports call the device.
  public let name: String

  private let clock: any DeviceClock
  private let timer: any DeviceTimer
  private let state: Mutex<PowerState>

  /// The registers after a reset, the timer at zero.
  ///
  /// - Parameter sci: the system control interrupt, level triggered.
  public init(name: String = "acpi-pm", sci: any InterruptLine, timers: any TimerService) {
    self.name = name
    clock = timers.clock
    timer = timers.makeTimer()
    state = Mutex(PowerState(sci: sci, timer: timer, start: clock.monotonicNanoseconds))
    timer.connect(to: self)
  }

  /// Reads the registers; all bytes of the timer that one access reads are of one moment.
  public func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    state.withLock { state in
      state.advance(to: clock.monotonicNanoseconds)
      ByteRegisters.read(offset: offset, into: bytes, count: Self.registerCount) { state.read(register: $0) }
    }
  }

  /// Writes the registers. ``DeviceEffect/powerOff`` on a sleep to S5.
  public func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    state.withLock { state in
      state.advance(to: clock.monotonicNanoseconds)
      let effect = ByteRegisters.write(offset: offset, from: bytes, count: Self.registerCount) {
        state.write($1, register: $0)
      }
      state.updateOutputs()
      return effect
    }
  }

  /// Somebody on the host presses the power button: a guest that listens shuts down.
  ///
  /// - Returns: false if the guest has not enabled the button's interrupt.
  @discardableResult
  public func pressPowerButton() -> Bool {
    state.withLock { state in
      state.advance(to: clock.monotonicNanoseconds)
      return state.pressPowerButton()
    }
  }

  /// The timer's highest bit changes.
  public func timerFired() {
    state.withLock { state in
      state.advance(to: clock.monotonicNanoseconds)
      state.updateOutputs()
    }
  }
}
