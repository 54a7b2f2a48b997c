import CGuest
import GuestABI
import GuestSupport

/// RDMSR of a number that the machine's MSR filter sends to user space.
@main
struct MsrFiltered: Workload {
  static func run(_ guest: Guest) {
    guest.measure { _ = rdmsr(UInt32(SORTIE_MSR_FILTERED)) }
  }
}
