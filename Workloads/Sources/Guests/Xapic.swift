import CGuest
import GuestSupport

/// A write to the local APIC's divide configuration register, in memory: xAPIC mode. Its pair is `X2apic`.
@main
struct Xapic: Workload {
  static func run(_ guest: Guest) {
    _ = LocalAPIC.enable(x2: false)
    guest.measure { LocalAPIC.writeMemory(.divideConfiguration, 0b1011) }  // divide by 1
  }
}
