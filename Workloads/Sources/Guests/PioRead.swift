import CGuest
import GuestABI
import GuestSupport

/// `in $0xe0, %eax`: a port read that user space answers.
@main
struct PioRead: Workload {
  static func run(_ guest: Guest) {
    guest.measure { _ = inl(UInt16(SORTIE_PORT_LATCH)) }
  }
}
