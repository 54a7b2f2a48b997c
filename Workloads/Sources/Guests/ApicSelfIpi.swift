import CGuest
import GuestABI
import GuestSupport

/// An interrupt to itself, up to the return of its handler: one APIC write sends it, one ends it.
/// Parameter 0 = 1 uses the memory-mapped xAPIC in place of x2APIC.
@main
struct ApicSelfIpi: Workload {
  static func run(_ guest: Guest) {
    let apic = LocalAPIC.enable(x2: guest.parameter0(default: 0) != 1)
    sti()
    var expected: UInt64 = 0
    if apic.x2 {
      guest.measure(advance: { expected &+= 1 }) {
        apic.write(.selfIPI, LocalAPIC.vector)
        while guest_interrupt_count() == expected {}
      }
    } else {
      guest.measure(advance: { expected &+= 1 }) {
        apic.write(.interruptCommand, 1 &<< 18 | LocalAPIC.vector)  // shorthand: self
        while guest_interrupt_count() == expected {}
      }
    }
    cli()
    if guest_interrupt_count() != guest.iterations { fail("interrupts lost", SORTIE_EXIT_CHECK_FAILED) }
  }
}
