import CGuest
import GuestABI
import GuestSupport

/// KVM_HC_VAPIC_POLL_IRQ, which does nothing, by the instruction of the vendor.
@main
struct Hypercall: Workload {
  static let pollInterrupts: UInt64 = 1

  static func run(_ guest: Guest) {
    // A host that emulates guest code may not be given VMMCALL, whatever its processor is.
    if guest.host(SORTIE_HOST_AMD) && !guest.host(SORTIE_HOST_EMULATES_GUEST_CODE) {
      guest.measure { _ = vmmcall(pollInterrupts) }
    } else {
      guest.measure { _ = vmcall(pollInterrupts) }
    }
  }
}
