import CGuest
import GuestSupport

/// `out %al, $0x43` with "latch counter 0": a port of the PIT that KVM keeps in the kernel.
@main
struct PioPit: Workload {
  static func run(_ guest: Guest) {
    guest.measure { outb(0x43, 0) }
  }
}
