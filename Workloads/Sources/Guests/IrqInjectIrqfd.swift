import CGuest
import GuestABI
import GuestSupport

/// `out %eax` to a port whose ioeventfd is an irqfd too, up to the return of the interrupt's handler.
@main
struct IrqInjectIrqfd: Workload {
  static func run(_ guest: Guest) {
    _ = LocalAPIC.enable()
    LocalAPIC.handle(UInt32(SORTIE_IRQFD_VECTOR), by: guest_interrupt_x2apic)
    guest.measureInterrupts { outl(UInt16(SORTIE_PORT_IRQFD), 1) }
  }
}
