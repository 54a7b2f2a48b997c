import Synchronization

/// What an ``IOAPIC`` tells the machine, which has the local APICs.
///
/// It is called with the I/O APIC's lock held: an implementation must not call the I/O APIC back.
public protocol IOAPICSink: AnyObject, Sendable {
  /// Sends an interrupt to the local APICs.
  func deliver(_ message: MSIMessage)

  /// What `pin` sends has changed. A local APIC must report the end of each interrupt of a message that is level
  /// triggered, by ``IOAPIC/endOfInterrupt(vector:)``.
  ///
  /// - Parameter message: nil while the pin is masked and no interrupt of it is under way.
  func routesChanged(pin: Int, message: MSIMessage?, isLevel: Bool)
}

/// The I/O APIC of a PC, with its local APICs elsewhere: 24 pins, whose interrupts leave as messages.
///
/// Source: Intel, *82093AA I/O Advanced Programmable Interrupt Controller*, 290566-001, May 1996; the EOI register of
/// version 0x20 as in the ICH9 data sheet, section 13.5.
///
/// A line is asserted or not, whatever the polarity in its entry says: what drives it knows which level means which.
public final class IOAPIC: Device {
  /// Inputs, each of which any number of lines drive.
  public static let pinCount = 24
  /// Bytes that the registers take.
  public static let registerBytes: UInt64 = 0x1000

  private static let selectOffset: UInt64 = 0x00
  private static let windowOffset: UInt64 = 0x10
  private static let endOfInterruptOffset: UInt64 = 0x40

  /// What reports call the device.
  public let name: String

  private let state: Mutex<IOAPICState>

  /// An I/O APIC after a reset, all pins masked.
  public init(name: String = "ioapic", sink: any IOAPICSink) {
    self.name = name
    state = Mutex(IOAPICState(sink: sink))
  }

  /// A line of its own to `pin`, which is asserted while any of its lines is; nil where there is no such pin.
  public func line(pin: Int) -> (any InterruptLine)? {
    guard (0..<Self.pinCount).contains(pin) else { return nil }
    return Line(self, pin: pin)
  }

  /// A processor has ended an interrupt of `vector` that was level triggered: pins that are still asserted interrupt
  /// again.
  public func endOfInterrupt(vector: UInt8) { state.withLock { $0.endOfInterrupt(vector: vector) } }

  /// Reads the index or the register that it selects; bytes outside both read as all ones.
  public func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    let value: UInt32? = state.withLock { state in
      switch offset {
      case Self.selectOffset: UInt32(state.index)
      case Self.windowOffset: state.readWindow()
      default: nil
      }
    }
    for index in bytes.indices {
      guard let value, index < 4 else {
        bytes[index] = 0xff
        continue
      }
      bytes[index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
    }
  }

  /// Writes a register. No effect. Registers are dwords (data sheet, section 3.0): the window ignores narrower writes,
  /// the index and the end of interrupt, of which one byte counts, take them.
  public func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    guard let low = bytes.first else { return .none }
    state.withLock { state in
      switch offset {
      case Self.selectOffset:
        state.index = low
      case Self.windowOffset:
        guard bytes.count >= 4 else { return }
        state.writeWindow(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
      case Self.endOfInterruptOffset:
        state.endOfInterrupt(vector: low)
      default: break
      }
    }
    return .none
  }

  /// One of the lines of a pin.
  private final class Line: InterruptLine {
    private let controller: IOAPIC
    private let pin: Int
    private let isAsserted = Mutex(false)

    init(_ controller: IOAPIC, pin: Int) {
      self.controller = controller
      self.pin = pin
    }

    func set(level: Bool) {
      isAsserted.withLock { isAsserted in
        guard level != isAsserted else { return }
        isAsserted = level
        controller.state.withLock { $0.drive(pin: pin, level: level) }
      }
    }
  }
}
