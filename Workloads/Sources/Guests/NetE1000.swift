import GuestSupport

/// The I/O plan on an 82540EM network card.
@main
struct NetE1000: Workload {
  static func run(_ guest: Guest) {
    _ = LocalAPIC.enable()
    guest.perform { settings, memory in E1000Card(settings, &memory) }
  }
}
