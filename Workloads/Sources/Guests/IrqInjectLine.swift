import CGuest
import GuestABI
import GuestSupport

/// `out %eax` to a port where user space makes an edge on an interrupt line, up to the return of its handler.
@main
struct IrqInjectLine: Workload {
  static func run(_ guest: Guest) {
    _ = LocalAPIC.enable()
    IOAPIC.route(pin: UInt32(SORTIE_IRQ_LINE_GSI), to: LocalAPIC.vector)
    guest.measureInterrupts { outl(UInt16(SORTIE_PORT_IRQ_LINE), 1) }
  }
}
