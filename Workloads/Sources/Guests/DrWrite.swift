import CGuest
import GuestSupport

/// MOV to DR0. After the first KVM lets the guest have its debug registers until its next exit, so a CPUID follows each
/// write, outside of the stamps; with parameter 0 = 1 the writes come back to back.
@main
struct DrWrite: Workload {
  static func run(_ guest: Guest) {
    if guest.parameter0(default: 0) == 1 {
      guest.measure { write_dr0(0) }
    } else {
      guest.measure(advance: { _ = cpuid(0, 0) }) { write_dr0(0) }
    }
  }
}
