import CGuest
import GuestABI
import GuestSupport

/// `out %eax, $0xe0`: a port write that user space handles.
@main
struct PioWrite: Workload {
  static func run(_ guest: Guest) {
    let value = UInt32(truncatingIfNeeded: guest.parameter0(default: 0x5a5a_5a5a))
    guest.measure { outl(UInt16(SORTIE_PORT_LATCH), value) }
  }
}
