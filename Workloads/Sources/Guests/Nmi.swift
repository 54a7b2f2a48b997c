import CGuest
import GuestABI
import GuestSupport

/// A non-maskable interrupt to itself, up to the return of its handler.
@main
struct Nmi: Workload {
  /// ICR: delivery mode NMI, assert. The shorthand for "self" is not valid with it (Intel SDM vol. 3, table 11-3).
  static let command: UInt32 = 0x4400

  static func run(_ guest: Guest) {
    let apic = LocalAPIC.enable()
    let id = guest.info.pointee.vcpus.0.apic_id
    LocalAPIC.handle(2, by: guest_interrupt_nmi)
    var expected: UInt64 = 1
    if guest.host(SORTIE_HOST_EMULATES_GUEST_CODE) {
      // KVM looks for it at a HLT.
      guest.measure(advance: { expected &+= 1 }) {
        apic.send(command, to: id)
        guest_halt_for_nmi(expected)
      }
    } else {
      guest.measure(advance: { expected &+= 1 }) {
        apic.send(command, to: id)
        while guest_interrupt_count() != expected {}
      }
    }
    if guest_interrupt_count() != guest.iterations { fail("interrupts lost", SORTIE_EXIT_CHECK_FAILED) }
  }
}
