import CGuest
import GuestSupport

/// PAUSE, parameter 0 times (1,000) in a row, as a spinning lock does.
@main
struct PauseLoop: Workload {
  static func run(_ guest: Guest) {
    let count = guest.parameter0(default: 1_000)
    guest.measure { pause_loop(count) }
  }
}
