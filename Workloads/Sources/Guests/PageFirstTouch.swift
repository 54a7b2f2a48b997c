import CGuest
import GuestABI
import GuestSupport

/// The first write to a page of memory the host has not touched: the host finds and maps a page behind it.
@main
struct PageFirstTouch: Workload {
  static func run(_ guest: Guest) {
    if guest.info.pointee.cold_bytes / 4096 < guest.iterations {
      fail("fewer untouched pages than iterations", SORTIE_EXIT_UNSUPPORTED)
    }
    var page = guest.info.pointee.cold_gpa
    guest.measure(advance: { page &+= 4096 }) { mmio_write8(page, 1) }
  }
}
