import CGuest
import GuestABI
import GuestSupport

/// An interrupt to itself, up to the return of its handler: one APIC write sends it, one ends it.
/// Parameter 0 = 1 uses the memory-mapped xAPIC in place of x2APIC.
@main
struct ApicSelfIpi: Workload {
  static func run(_ guest: Guest) {
    let apic = LocalAPIC.enable(x2: guest.parameter0(default: 0) != 1)
    if apic.x2 {
      repeatSending(guest) { apic.write(.selfIPI, LocalAPIC.vector) }
    } else {
      repeatSending(guest) { apic.write(.interruptCommand, 1 &<< 18 | LocalAPIC.vector) }  // shorthand: self
    }
    if guest_interrupt_count() != guest.iterations { fail("interrupts lost", SORTIE_EXIT_CHECK_FAILED) }
  }

  @inline(__always)
  static func repeatSending(_ guest: Guest, _ send: () -> Void) {
    if guest.host(SORTIE_HOST_EMULATES_GUEST_CODE) {
      // Between emulated instructions KVM looks for interrupts only now and then, at a HLT always.
      guest.measure {
        send()
        guest_enable_and_halt()
      }
    } else {
      var expected: UInt64 = 0
      sti()
      guest.measure(advance: { expected &+= 1 }) {
        send()
        while guest_interrupt_count() == expected {}
      }
      cli()
    }
  }
}
