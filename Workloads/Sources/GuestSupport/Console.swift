import CGuest
import GuestABI

/// Output on the first UART, for the way out only: every character is an exit.
enum Console {
  static func write(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { outb(UInt16(SORTIE_PORT_UART), text.utf8Start[index]) }
  }

  /// Sixteen hexadecimal digits after `0x`.
  static func write(hexadecimal value: UInt64) {
    write("0x")
    for shift in stride(from: 60, through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: value &>> UInt64(shift)) & 0xf
      outb(UInt16(SORTIE_PORT_UART), digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
  }
}
