import GuestSupport

/// The I/O plan on a virtio block device.
@main
struct DiskVirtio: Workload {
  static func run(_ guest: Guest) {
    _ = LocalAPIC.enable()
    guest.perform { depth, memory in VirtioDisk(depth: depth, &memory) }
  }
}
