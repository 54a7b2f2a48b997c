import CGuest
import GuestABI
import GuestSupport

/// A write to the task priority register in memory. Parameter 0 = 1 uses x2APIC in place of the xAPIC.
@main
struct ApicTpr: Workload {
  static func run(_ guest: Guest) {
    if LocalAPIC.enable(x2: guest.parameter0(default: 0) == 1).x2 {
      guest.measure { LocalAPIC.writeMSR(.taskPriority, 0x20) }
    } else {
      guest.measure { LocalAPIC.writeMemory(.taskPriority, 0x20) }
    }
  }
}
