import Synchronization

/// The MC146818A real time clock as PCs have it: index at offset 0 (port 0x70), data at offset 1 (port 0x71), 128 bytes
/// of which the last 114 are memory, the century at 0x32.
///
/// Source: Motorola, *MC146818A Real-Time Clock Plus RAM*, 1984. It begins with the time of the host, in UTC, and runs by
/// the monotonic clock from then on, as a chip runs by its quartz. The registers are ``RealTimeClockState``.
public final class RealTimeClock: Device, TimedDevice {
  /// Ports that the registers take.
  public static let registerCount: UInt64 = 2
  /// Index of the byte of NVRAM with the century, for the FADT.
  public static let centuryIndex: UInt8 = 0x32

  /// What reports call the device.
  public let name: String

  private let clock: any DeviceClock
  private let timer: any DeviceTimer
  private let state: Mutex<RealTimeClockState>

  /// A clock that runs, in BCD and 24 hours, no interrupt enabled, as firmware leaves it.
  ///
  /// - Parameter line: IRQ 8, up while an enabled interrupt is pending.
  public init(name: String = "rtc", line: any InterruptLine, timers: any TimerService) {
    self.name = name
    clock = timers.clock
    timer = timers.makeTimer()
    state = Mutex(
      RealTimeClockState(
        line: line, timer: timer, now: clock.monotonicNanoseconds, wall: clock.wallNanoseconds))
    timer.connect(to: self)
  }

  /// Reads a register a byte; the index is write-only and reads as all ones.
  public func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    state.withLock { state in
      state.advance(to: clock.monotonicNanoseconds)
      ByteRegisters.read(offset: offset, into: bytes, count: Self.registerCount) {
        $0 == 0 ? 0xff : state.readData()
      }
    }
  }

  /// Writes a register a byte. No effect. The highest bit of the index, which masks NMIs on a PC, is ignored.
  public func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    state.withLock { state in
      state.advance(to: clock.monotonicNanoseconds)
      return ByteRegisters.write(offset: offset, from: bytes, count: Self.registerCount) {
        if $0 == 0 { state.select($1) } else { state.writeData($1) }
        return .none
      }
    }
  }

  /// An enabled interrupt is due.
  public func timerFired() {
    state.withLock { state in
      state.advance(to: clock.monotonicNanoseconds)
      state.timerFired()
    }
  }
}
