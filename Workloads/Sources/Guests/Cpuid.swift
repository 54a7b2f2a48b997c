import CGuest
import GuestSupport

/// CPUID of leaf parameter 0 (leaf 0): KVM answers from its table.
@main
struct Cpuid: Workload {
  static func run(_ guest: Guest) {
    let leaf = UInt32(truncatingIfNeeded: guest.parameter0(default: 0))
    guest.measure { _ = cpuid(leaf, 0) }
  }
}
