import Synchronization

/// The 8254 interval timer of a PC and the port that goes with it: counters at offsets 0 to 2 (ports 0x40 to 0x42), the
/// control word at 3, and system control port B at offset ``portBOffset`` (port 0x61), where a ``DeviceWindow`` puts it.
///
/// Counter 0 makes the timer interrupt; counter 2, with its gate and output at port B, is what kernels measure time by.
///
/// Sources: Intel, *82C54 CHMOS Programmable Interval Timer*, 231244-006; port B as in the ICH9 data sheet, section
/// 13.7.1.
public final class PIT: Device, TimedDevice {
  /// Ports of the timer itself.
  public static let registerCount: UInt64 = 4
  /// Where port B lies.
  public static let portBOffset: UInt64 = 0x61 - 0x40

  /// What reports call the device.
  public let name: String

  private let clock: any DeviceClock
  private let timer: any DeviceTimer
  private let state: Mutex<PITState>

  /// A timer whose counters no guest has programmed.
  ///
  /// - Parameter line: IRQ 0, edge triggered: it goes up and down again at each rising edge of counter 0's output.
  public init(name: String = "pit", line: any InterruptLine, timers: any TimerService) {
    self.name = name
    clock = timers.clock
    timer = timers.makeTimer()
    state = Mutex(PITState(line: line, timer: timer, start: clock.monotonicNanoseconds))
    timer.connect(to: self)
  }

  /// Reads a register a byte; the control word reads as all ones.
  public func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    state.withLock { state in
      state.advance(to: clock.monotonicNanoseconds)
      ByteRegisters.read(offset: offset, into: bytes, count: Self.portBOffset + 1) { register in
        switch UInt64(register) {
        case 0..<3: state.readCounter(Int(register))
        case Self.portBOffset: state.portB
        default: 0xff
        }
      }
    }
  }

  /// Writes a register a byte. No effect.
  public func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    state.withLock { state in
      state.advance(to: clock.monotonicNanoseconds)
      let effect = ByteRegisters.write(offset: offset, from: bytes, count: Self.portBOffset + 1) {
        switch UInt64($0) {
        case 0..<3: state.writeCounter(Int($0), $1)
        case 3: state.writeControl($1)
        case Self.portBOffset: state.writePortB($1)
        default: break
        }
        return .none
      }
      state.updateTimer()
      return effect
    }
  }

  /// An edge of counter 0's output is due.
  public func timerFired() {
    state.withLock { state in
      state.advance(to: clock.monotonicNanoseconds)
      state.timerFired()
    }
  }
}
