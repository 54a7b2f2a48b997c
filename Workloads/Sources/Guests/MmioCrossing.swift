import CGuest
import GuestABI
import GuestSupport

/// An 8-byte write, half on one page and half on the next: one exit, two round trips.
@main
struct MmioCrossing: Workload {
  static func run(_ guest: Guest) {
    let value = guest.parameter0(default: 0x5a5a_5a5a_5a5a_5a5a)
    guest.measure { mmio_write64(UInt64(SORTIE_MMIO_LATCH_GPA) + 0xffc, value) }
  }
}
