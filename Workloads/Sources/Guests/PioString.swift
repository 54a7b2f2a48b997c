import CGuest
import GuestABI
import GuestSupport

/// `rep outsb` of parameter 0 bytes (16), or `rep insb` where parameter 1 is 1, of at most a page.
@main
struct PioString: Workload {
  static func run(_ guest: Guest) {
    let count = min(guest.parameter0(default: 16), 4096)
    let port = UInt16(SORTIE_PORT_STRING)
    // The trampoline page has no other use on one vCPU.
    let page = UnsafeMutableRawPointer(bitPattern: UInt(SORTIE_AP_TRAMPOLINE_GPA))
    if guest.parameter1(default: 0) == 1 {
      guest.measure { rep_insb(port, page, count) }
    } else {
      guest.measure { rep_outsb(port, page, count) }
    }
  }
}
