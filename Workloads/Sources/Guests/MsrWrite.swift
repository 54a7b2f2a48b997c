import CGuest
import GuestSupport

/// WRMSR of parameter 1 (0) to parameter 0, or to IA32_BIOS_UPDT_TRIG, which KVM intercepts and ignores.
@main
struct MsrWrite: Workload {
  static func run(_ guest: Guest) {
    let number = UInt32(truncatingIfNeeded: guest.parameter0(default: 0x79))
    let value = guest.parameter1(default: 0)
    guest.measure { wrmsr(number, value) }
  }
}
