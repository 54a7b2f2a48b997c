import CGuest
import GuestABI
import GuestSupport

/// `mov (register page), %reg`: a memory-mapped read that user space answers.
@main
struct MmioRead: Workload {
  static func run(_ guest: Guest) {
    guest.measure { _ = mmio_read32(UInt64(SORTIE_MMIO_LATCH_GPA)) }
  }
}
