import CGuest
import GuestABI
import GuestSupport

/// `mov %reg, (register page)`: a memory-mapped write that user space handles.
@main
struct MmioWrite: Workload {
  static func run(_ guest: Guest) {
    let value = UInt32(truncatingIfNeeded: guest.parameter0(default: 0x5a5a_5a5a))
    guest.measure { mmio_write32(UInt64(SORTIE_MMIO_LATCH_GPA), value) }
  }
}
