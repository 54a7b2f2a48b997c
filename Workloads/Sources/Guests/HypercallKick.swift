import CGuest
import GuestABI
import GuestSupport

nonisolated(unsafe) private var wakeUps: UInt64 = 0

/// KVM_HC_KICK_CPU to the other vCPU, which has been halted for parameter 0 cycles (1,000,000) with interrupts off, up
/// to its first store after the HLT.
@main
struct HypercallKick: Workload {
  static let kick: UInt64 = 5

  static func run(_ guest: Guest) {
    // Documentation/virt/kvm/x86/cpuid.rst: KVM_FEATURE_PV_UNHALT, bit 7.
    if cpuid(0x4000_0001, 0).eax & 1 &<< 7 == 0 {
      fail("this machine has no KVM_FEATURE_PV_UNHALT", SORTIE_EXIT_UNSUPPORTED)
    }
    let target = UInt64(guest.startProcessor(LocalAPIC.enable(), receive))
    let wait = guest.parameter0(default: 1_000_000)
    spin(cycles: wait)
    if guest.callsByVMMCALL {
      repeatKicking(guest, wait) { _ = vmmcall2(kick, 0, target) }
    } else {
      repeatKicking(guest, wait) { _ = vmcall2(kick, 0, target) }
    }
  }

  static let receive: ProcessorBody = {
    while true {
      hlt()
      wakeUps &+= 1
      compiler_barrier()
    }
  }

  @inline(__always)
  static func repeatKicking(_ guest: Guest, _ wait: UInt64, _ call: () -> Void) {
    var expected: UInt64 = 0
    guest.measure(advance: {
      expected &+= 1
      spin(cycles: wait)
    }) {
      call()
      while wakeUps == expected { compiler_barrier() }
    }
  }
}
