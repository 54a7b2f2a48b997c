import CLinuxKVM
import SortieKVM
import Testing

struct KVMCapabilityTests {
  @Test func capabilitiesHaveTheKernelsNumbersAndNames() {
    #expect(KVMCapability.syncRegisters.rawValue == UInt32(KVM_CAP_SYNC_REGS))
    #expect(KVMCapability.syncRegisters.name == "KVM_CAP_SYNC_REGS")
    #expect(KVMCapability.binaryStatistics.rawValue == UInt32(KVM_CAP_BINARY_STATS_FD))
    #expect(KVMCapability.guestMode.rawValue == 238)
    #expect(KVMCapability(rawValue: 9999).name == "KVM_CAP_9999")
    #expect(KVMCapability(rawValue: 9999).meaning.isEmpty)
  }

  @Test func everyCapabilityHasAMeaningAndANumberOfItsOwn() {
    let all = KVMCapability.allCases
    #expect(Set(all).count == all.count)
    #expect(all.map(\.rawValue) == all.map(\.rawValue).sorted())
    for capability in all {
      #expect(!capability.meaning.isEmpty, "\(capability.name)")
    }
  }
}
