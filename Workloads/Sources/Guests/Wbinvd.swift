import CGuest
import GuestSupport

/// WBINVD, which KVM intercepts and, without devices assigned to the guest, ignores.
@main
struct Wbinvd: Workload {
  static func run(_ guest: Guest) {
    guest.measure { wbinvd() }
  }
}
