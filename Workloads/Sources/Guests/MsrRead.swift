import CGuest
import GuestSupport

/// RDMSR of parameter 0, or IA32_APIC_BASE, which KVM intercepts on every processor.
@main
struct MsrRead: Workload {
  static func run(_ guest: Guest) {
    let number = UInt32(truncatingIfNeeded: guest.parameter0(default: 0x1b))
    guest.measure { _ = rdmsr(number) }
  }
}
