import GuestSupport

/// The I/O plan on an 82540EM network card.
/// Parameter 4 = 1 masks its pin of the I/O APIC while an interrupt is looked at.
@main
struct NetE1000: Workload {
  static func run(_ guest: Guest) {
    _ = LocalAPIC.enable()
    let masksPin = guest.info.pointee.parameters.4 == 1
    guest.perform { settings, memory in E1000Card(settings, masksPin: masksPin, &memory) }
  }
}
