public import CGuest
import GuestABI

/// A 16550 with its FIFOs, polled (PC16550D data sheet, section 8): the line status is read until the transmitter's FIFO is
/// empty, then it takes sixteen characters, each by a port write.
public struct UART: ConsoleOutput {
  private static let transmitter = UInt16(SORTIE_PORT_UART)
  private static let interruptEnable = UInt16(SORTIE_PORT_UART) + 1
  private static let fifoControl = UInt16(SORTIE_PORT_UART) + 2
  private static let lineControl = UInt16(SORTIE_PORT_UART) + 3
  private static let lineStatus = UInt16(SORTIE_PORT_UART) + 5
  private static let transmitterEmpty: UInt8 = 1 << 5
  /// Characters that the transmitter's FIFO takes.
  private static let depth: UInt64 = 16

  /// The machine's first: no interrupts, FIFOs on and empty, 8 bits, no parity, 1 stop bit.
  public init() {
    outb(Self.interruptEnable, 0)
    outb(Self.fifoControl, 0x07)
    outb(Self.lineControl, 0x03)
  }

  /// See ``ConsoleOutput/send(_:count:)``.
  @inline(__always)
  public func send(_ characters: UnsafeMutablePointer<UInt8>, count: UInt64) {
    var next = characters
    let end = characters + Int(count)
    while next != end {
      while inb(Self.lineStatus) & Self.transmitterEmpty == 0 {}
      let full = min(next + Int(Self.depth), end)
      repeat {
        outb(Self.transmitter, next.pointee)
        next += 1
      } while next != full
    }
  }
}
