import CGuest
import GuestABI
import GuestSupport

/// The end of an interrupt: a write to EOI with one in service, which the handler left so.
/// Parameter 0 = 1 uses the memory-mapped xAPIC in place of x2APIC.
@main
struct ApicEoi: Workload {
  static func run(_ guest: Guest) {
    let apic = LocalAPIC.enable(x2: guest.parameter0(default: 0) != 1)
    LocalAPIC.handle(LocalAPIC.vector, by: guest_interrupt_unended)
    if apic.x2 {
      repeatEnding(
        guest, send: { LocalAPIC.writeMSR(.selfIPI, LocalAPIC.vector) },
        end: { LocalAPIC.writeMSR(.endOfInterrupt, 0) })
    } else {
      repeatEnding(
        guest, send: { LocalAPIC.writeMemory(.interruptCommand, 1 &<< 18 | LocalAPIC.vector) },
        end: { LocalAPIC.writeMemory(.endOfInterrupt, 0) })
    }
    if guest_interrupt_count() != guest.iterations &+ 1 { fail("interrupts lost", SORTIE_EXIT_CHECK_FAILED) }
  }

  @inline(__always)
  static func repeatEnding(_ guest: Guest, send: () -> Void, end: () -> Void) {
    let halts = guest.host(SORTIE_HOST_EMULATES_GUEST_CODE)
    var expected: UInt64 = 1
    if !halts { sti() }
    guest.take(expected, halts: halts, send)
    guest.measure(
      advance: {
        expected &+= 1
        guest.take(expected, halts: halts, send)
      }, end)
  }
}
