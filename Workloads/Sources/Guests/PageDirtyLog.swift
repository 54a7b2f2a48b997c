import CGuest
import GuestABI
import GuestSupport

/// The first write to a page since the machine took the log of dirty pages: KVM finds out and logs it. When all pages
/// of the log were written the guest has the machine take the log, outside of the stamps, and starts again.
@main
struct PageDirtyLog: Workload {
  static func run(_ guest: Guest) {
    let start = guest.info.pointee.cold_gpa
    let end = start &+ guest.info.pointee.cold_bytes
    if start == end { fail("this machine logs no dirty pages", SORTIE_EXIT_UNSUPPORTED) }
    // Mapped from here on, so that only the log can make a write fault.
    for page in stride(from: start, to: end, by: 4096) { mmio_write8(page, 1) }
    takeLog(of: end &- start)
    var page = start
    guest.measure(advance: {
      page &+= 4096
      if page == end {
        takeLog(of: end &- start)
        page = start
      }
    }) { mmio_write8(page, 1) }
  }

  /// Has the machine take the log, which must hold every page.
  static func takeLog(of bytes: UInt64) {
    if UInt64(inl(UInt16(SORTIE_PORT_DIRTY_LOG))) != bytes / 4096 {
      fail("the log does not hold the pages that were written", SORTIE_EXIT_CHECK_FAILED)
    }
  }
}
