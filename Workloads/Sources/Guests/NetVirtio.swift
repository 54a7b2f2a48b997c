import GuestSupport

/// The I/O plan on a virtio network card.
@main
struct NetVirtio: Workload {
  static func run(_ guest: Guest) {
    _ = LocalAPIC.enable()
    guest.perform { settings, memory in VirtioNetworkCard(settings, &memory) }
  }
}
