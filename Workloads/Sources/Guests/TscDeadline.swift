import CGuest
import GuestSupport

/// WRMSR to IA32_TSC_DEADLINE: arms the timer parameter 0 cycles ahead (2^40, some minutes), which never expires.
@main
struct TscDeadline: Workload {
  static func run(_ guest: Guest) {
    LocalAPIC.enable().useDeadlineTimer()
    let deadline = rdtsc() &+ guest.parameter0(default: 1 &<< 40)
    guest.measure { wrmsr(LocalAPIC.deadlineMSR, deadline) }
    wrmsr(LocalAPIC.deadlineMSR, 0)
  }
}
