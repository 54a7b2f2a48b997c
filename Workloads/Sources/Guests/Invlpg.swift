import CGuest
import GuestABI
import GuestSupport

/// INVLPG of one page: with two levels of page tables, the processor's own business.
@main
struct Invlpg: Workload {
  static func run(_ guest: Guest) {
    guest.measure { invlpg(UInt64(SORTIE_BOOT_INFO_GPA)) }
  }
}
