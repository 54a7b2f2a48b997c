import CLinuxKVM
import SortieKVM
import Testing

struct ExitReasonTests {
  @Test(arguments: [
    (ExitReason.io, KVM_EXIT_IO, "KVM_EXIT_IO"), (.mmio, KVM_EXIT_MMIO, "KVM_EXIT_MMIO"),
    (.internalError, KVM_EXIT_INTERNAL_ERROR, "KVM_EXIT_INTERNAL_ERROR"),
    (.readMSR, KVM_EXIT_X86_RDMSR, "KVM_EXIT_X86_RDMSR"), (.notify, KVM_EXIT_NOTIFY, "KVM_EXIT_NOTIFY"),
    (.memoryFault, 39, "KVM_EXIT_MEMORY_FAULT"), (.snpRequestCertificates, 43, "KVM_EXIT_SNP_REQ_CERTS"),
  ])
  func reasonsHaveTheKernelsNumbersAndNames(reason: ExitReason, number: Int32, name: String) {
    #expect(reason.rawValue == UInt32(number))
    #expect(reason.name == name)
    #expect(reason.isKnown)
  }

  @Test(arguments: [UInt32(44), 1234, .max])
  func aNumberWithoutANameKeepsTheNumber(number: UInt32) {
    let reason = ExitReason(rawValue: number)
    #expect(reason.name == "KVM_EXIT_\(number)")
    #expect(!reason.isKnown)
  }

  @Test func namesAreDistinct() {
    #expect(Set(ExitReason.names).count == ExitReason.names.count)
  }
}
