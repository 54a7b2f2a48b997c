import CGuest
import GuestABI
import GuestSupport

/// `mov %reg, %cr8`: the task priority register as a control register.
@main
struct ApicTprCr8: Workload {
  static func run(_ guest: Guest) {
    _ = LocalAPIC.enable()
    // KVM for SVM intercepts the write until it has looked for interrupts with the APIC enabled.
    let halts = guest.host(SORTIE_HOST_EMULATES_GUEST_CODE)
    if !halts { sti() }
    guest.take(1, halts: halts) { LocalAPIC.writeMSR(.selfIPI, LocalAPIC.vector) }
    cli()
    guest.measure { write_cr8(2) }
  }
}
