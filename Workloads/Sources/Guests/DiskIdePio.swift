import GuestSupport

/// The I/O plan on an IDE disk, by programmed I/O.
@main
struct DiskIdePio: Workload {
  static func run(_ guest: Guest) {
    _ = LocalAPIC.enable()
    guest.perform { _, _ in IDEPIODisk() }
  }
}
