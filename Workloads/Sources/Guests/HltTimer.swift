import CGuest
import GuestABI
import GuestSupport

/// Arms the TSC deadline parameter 0 cycles ahead (500,000), halts, and is woken by the timer's interrupt.
@main
struct HltTimer: Workload {
  static func run(_ guest: Guest) {
    LocalAPIC.enable().useDeadlineTimer()
    let delay = guest.parameter0(default: 500_000)
    guest.measure {
      wrmsr(LocalAPIC.deadlineMSR, rdtsc() &+ delay)
      guest_enable_and_halt()
    }
    if guest_interrupt_count() != guest.iterations { fail("interrupts lost", SORTIE_EXIT_CHECK_FAILED) }
  }
}
