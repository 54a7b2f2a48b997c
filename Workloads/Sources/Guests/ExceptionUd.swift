import CGuest
import GuestABI
import GuestSupport

/// UD2 and the guest's own handler, up to the handler's return behind it.
@main
struct ExceptionUd: Workload {
  static func run(_ guest: Guest) {
    InvalidOpcode.expect()
    guest.measure { ud2() }
    if guest_invalid_opcode_count() != guest.iterations { fail("exceptions lost", SORTIE_EXIT_CHECK_FAILED) }
  }
}
