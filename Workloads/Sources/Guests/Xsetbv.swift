import CGuest
import GuestABI
import GuestSupport

/// XSETBV of XCR0 to parameter 0, or to 1: the x87 state, as after reset.
@main
struct Xsetbv: Workload {
  static func run(_ guest: Guest) {
    // CPUID.1:ECX[26] says XSAVE; CR4.OSXSAVE lets XSETBV be executed (Intel SDM vol. 1, 13.2).
    if cpuid(1, 0).ecx & 1 &<< 26 == 0 { fail("this machine has no XSAVE", SORTIE_EXIT_UNSUPPORTED) }
    write_cr4(read_cr4() | 1 &<< 18)
    let value = guest.parameter0(default: 1)
    guest.measure { xsetbv(0, value) }
  }
}
