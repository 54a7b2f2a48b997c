import CGuest
import GuestSupport

/// KVM_HC_VAPIC_POLL_IRQ, which does nothing, by the instruction of the vendor.
@main
struct Hypercall: Workload {
  static let pollInterrupts: UInt64 = 1

  static func run(_ guest: Guest) {
    if guest.callsByVMMCALL {
      guest.measure { _ = vmmcall(pollInterrupts) }
    } else {
      guest.measure { _ = vmcall(pollInterrupts) }
    }
  }
}
