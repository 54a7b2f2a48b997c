import Synchronization

/// The PC's 8042 keyboard controller without a keyboard, without an auxiliary port and with nothing behind its A20
/// output: what is left is the controller itself, which drivers probe, and its reset output, by which kernels reboot
/// (IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller").
///
/// Offset 0 is the data register, port 0x60; offset ``commandOffset`` is command and status, port 0x64, where a
/// ``DeviceWindow`` puts it. Each command is answered at once, so that no driver waits for a timeout.
public final class KeyboardController: Device {
  /// Where the command and status register lies.
  public static let commandOffset: UInt64 = 4

  /// What reports call the device.
  public let name: String

  private let line: any InterruptLine
  private let state = Mutex(KeyboardControllerState())

  /// A controller as after its self test.
  ///
  /// - Parameter line: IRQ 1, edge triggered, up while there is a byte for the guest that the keyboard would have sent.
  public init(name: String = "i8042", line: any InterruptLine) {
    self.name = name
    self.line = line
  }

  /// Reads a register a byte.
  public func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    state.withLock { state in
      ByteRegisters.read(offset: offset, into: bytes, count: Self.commandOffset + 1) { register in
        switch UInt64(register) {
        case 0: state.readData(line)
        case Self.commandOffset: state.status
        default: 0xff
        }
      }
    }
  }

  /// Writes a register a byte. ``DeviceEffect/reset`` when the guest pulls the reset output.
  public func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    state.withLock { state in
      ByteRegisters.write(offset: offset, from: bytes, count: Self.commandOffset + 1) { register, value in
        switch UInt64(register) {
        case 0: state.writeData(value, line)
        case Self.commandOffset: state.command(value, line)
        default: .none
        }
      }
    }
  }
}
