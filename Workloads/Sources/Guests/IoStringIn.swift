import CGuest
import GuestABI
import GuestSupport

/// `rep insw` of parameter 0 words (256), at most a page, of which parameter 1 (none) lie before a page boundary.
@main
struct IoStringIn: Workload {
  static func run(_ guest: Guest) {
    let words = min(guest.parameter0(default: 256), 2048)
    let before = min(guest.parameter1(default: 0), 2048)
    let offset = Int((4096 &- 2 &* before) & 4095)
    let buffer = guest_two_pages().map { UnsafeMutableRawPointer($0 + offset) }
    guest.measure { rep_insw(UInt16(SORTIE_PORT_STRING), buffer, words) }
  }
}
