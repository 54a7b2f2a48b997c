import CGuest
import GuestABI
import GuestSupport

/// `out %eax` to a coalesced port: KVM appends the write to a ring and leaves for user space only when it is full.
@main
struct PioCoalesced: Workload {
  static func run(_ guest: Guest) {
    let value = UInt32(truncatingIfNeeded: guest.parameter0(default: 0x5a5a_5a5a))
    guest.measure { outl(UInt16(SORTIE_PORT_COALESCED), value) }
  }
}
