import SortieAnalysis
import SortieTrace
import Testing

@Suite struct ExitReasonTests {
  @Test func namesAreFoundByNumberAndBack() {
    #expect(KVMExitReason.name(of: 2) == "KVM_EXIT_IO")
    #expect(KVMExitReason.name(of: 6) == "KVM_EXIT_MMIO")
    #expect(KVMExitReason.name(of: 37) == "KVM_EXIT_NOTIFY")
    #expect(KVMExitReason.name(of: 39) == "KVM_EXIT_MEMORY_FAULT")
    #expect(KVMExitReason.number(named: "mmio") == 6)
    #expect(KVMExitReason.number(named: "KVM_EXIT_HLT") == 5)
    #expect(KVMExitReason.number(named: "29") == 29)
    #expect(KVMExitReason.number(named: "nonsense") == nil)
  }

  @Test func aNumberWithoutANameSaysSo() {
    #expect(KVMExitReason.name(of: 4242) == "unknown 4242")
    #expect(KVMExitReason.suffix(of: 4242) == nil)
  }

  @Test func aSiteIsNamedByItsAccess() {
    func label(_ reason: UInt32, _ address: UInt64, _ size: UInt8, _ flags: RoundTripRecord.Flags) -> String {
      SiteKey(RoundTripRecord(address: address, reason: reason, size: size, flags: flags)).label
    }
    #expect(label(2, 0x3f8, 1, .write) == "pio write 0x3f8/1")
    #expect(label(2, 0xe0, 4, []) == "pio read 0xe0/4")
    #expect(label(6, 0xd000_0000, 4, .write) == "mmio write 0xd0000000/4")
    #expect(label(29, 0x5354_0000, 0, []) == "msr read 0x53540000")
    #expect(label(30, 0x10, 0, .write) == "msr write IA32_TSC")
    #expect(label(3, 5, 0, []) == "hypercall KVM_HC_KICK_CPU")
    #expect(label(5, 0, 0, []) == "hlt")
    #expect(label(2, 0x3f8, 1, [.write, .kick]) == "kick")
    #expect(label(2, 0xe8, 4, [.write, .coalesced]) == "pio write 0xe8/4 coalesced")
  }
}
