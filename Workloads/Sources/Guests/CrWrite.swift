import CGuest
import GuestABI
import GuestSupport

/// MOV to the control register parameter 0 (0), of a value that matters to KVM and to nobody else.
@main
struct CrWrite: Workload {
  /// CR0.AM: without effect at privilege level 0 (Intel SDM vol. 3, 2.5).
  static let alignmentMask: UInt64 = 1 &<< 18
  /// CR4.MCE: no machine check comes.
  static let machineCheck: UInt64 = 1 &<< 6

  static func run(_ guest: Guest) {
    switch guest.parameter0(default: 0) {
    case 0:
      // A write that changes nothing need not exit.
      var value = read_cr0() ^ alignmentMask
      guest.measure(advance: { value ^= alignmentMask }) { write_cr0(value) }
    case 3:
      let value = read_cr3()
      guest.measure { write_cr3(value) }
    case 4:
      var value = read_cr4() ^ machineCheck
      guest.measure(advance: { value ^= machineCheck }) { write_cr4(value) }
    default: fail("parameter 0 is neither 0, 3 nor 4", SORTIE_EXIT_CHECK_FAILED)
    }
  }
}
