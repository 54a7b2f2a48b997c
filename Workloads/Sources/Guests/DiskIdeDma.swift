import GuestSupport

/// The I/O plan on an IDE disk, by bus-master DMA.
@main
struct DiskIdeDma: Workload {
  static func run(_ guest: Guest) {
    _ = LocalAPIC.enable()
    guest.perform { _, memory in IDEDMADisk(&memory) }
  }
}
