import CGuest
import GuestABI
import GuestSupport

/// `out %al, $0x3f8`: one character to the transmitter of the emulated 16550, without polling its status.
@main
struct PioUart: Workload {
  static func run(_ guest: Guest) {
    let character = UInt8(truncatingIfNeeded: guest.parameter0(default: 0x2e))
    guest.measure { outb(UInt16(SORTIE_PORT_UART), character) }
  }
}
