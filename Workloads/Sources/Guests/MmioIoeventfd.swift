import CGuest
import GuestABI
import GuestSupport

/// A memory-mapped write with an ioeventfd: KVM signals the eventfd and re-enters the guest.
@main
struct MmioIoeventfd: Workload {
  static func run(_ guest: Guest) {
    guest.measure { mmio_write32(UInt64(SORTIE_MMIO_IOEVENTFD_GPA), 1) }
  }
}
