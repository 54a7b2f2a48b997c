import CGuest
import GuestABI
import GuestSupport

/// `out %eax` to a port with an ioeventfd: KVM signals the eventfd and re-enters the guest.
@main
struct PioIoeventfd: Workload {
  static func run(_ guest: Guest) {
    guest.measure { outl(UInt16(SORTIE_PORT_IOEVENTFD), 1) }
  }
}
