import CGuest
import GuestABI
import GuestSupport

/// An interrupt to the other vCPU, up to the end of its handler there. The receiver halts between interrupts, or
/// spins where parameter 0 is 1.
@main
struct Ipi: Workload {
  static func run(_ guest: Guest) {
    let apic = LocalAPIC.enable()
    let spins = guest.parameter0(default: 0) == 1
    let target = guest.startProcessor(apic, spins ? receiveSpinning : receiveHalting)
    var expected: UInt64 = 0
    guest.measure(advance: { expected &+= 1 }) {
      apic.send(LocalAPIC.vector, to: target)
      while guest_interrupt_count() == expected {}
    }
  }

  static let receiveHalting: ProcessorBody = {
    while true { guest_enable_and_halt() }
  }

  static let receiveSpinning: ProcessorBody = {
    sti()
    while true { compiler_barrier() }
  }
}
