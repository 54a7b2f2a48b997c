import GuestSupport

/// The I/O plan on the 16550 UART.
@main
struct Console16550: Workload {
  static func run(_ guest: Guest) {
    guest.perform { _ in UART() }
  }
}
