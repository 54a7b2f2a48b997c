import CGuest
import GuestABI
import GuestSupport

/// An interrupt to the other vCPU, which has been halted for parameter 0 cycles (1,000,000), up to the end of its
/// handler there.
@main
struct IpiHalt: Workload {
  static func run(_ guest: Guest) {
    let apic = LocalAPIC.enable()
    let target = guest.startProcessor(apic) {
      while true { guest_enable_and_halt() }
    }
    let wait = guest.parameter0(default: 1_000_000)
    var expected: UInt64 = 0
    spin(cycles: wait)
    guest.measure(advance: {
      expected &+= 1
      spin(cycles: wait)
    }) {
      apic.send(LocalAPIC.vector, to: target)
      while guest_interrupt_count() == expected {}
    }
  }
}
