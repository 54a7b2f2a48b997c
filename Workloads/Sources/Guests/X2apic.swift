import CGuest
import GuestSupport

/// A write to the local APIC's divide configuration register, by WRMSR: x2APIC mode. Its pair is `Xapic`.
@main
struct X2apic: Workload {
  static func run(_ guest: Guest) {
    _ = LocalAPIC.enable()
    guest.measure { LocalAPIC.writeMSR(.divideConfiguration, 0b1011) }  // divide by 1
  }
}
