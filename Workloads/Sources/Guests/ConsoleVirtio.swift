import GuestSupport

/// The I/O plan on a virtio console.
@main
struct ConsoleVirtio: Workload {
  static func run(_ guest: Guest) {
    _ = LocalAPIC.enable()
    guest.perform { memory in VirtioConsole(&memory) }
  }
}
