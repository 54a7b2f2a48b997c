import CGuest
import GuestABI
import GuestSupport

/// An interrupt to itself, up to the return of its handler: one APIC write sends it, one ends it.
/// Parameter 0 = 1 uses the memory-mapped xAPIC in place of x2APIC.
@main
struct ApicSelfIpi: Workload {
  static func run(_ guest: Guest) {
    if LocalAPIC.enable(x2: guest.parameter0(default: 0) != 1).x2 {
      guest.measureInterrupts { LocalAPIC.writeMSR(.selfIPI, LocalAPIC.vector) }
    } else {
      guest.measureInterrupts {
        LocalAPIC.writeMemory(.interruptCommand, 1 &<< 18 | LocalAPIC.vector)  // shorthand: self
      }
    }
  }
}
