import Testing
import TraceFixtures

@testable import SortieAnalysis

/// What `kvm_exit` says of an exit, on values built after the manuals' bit layouts.
@Suite struct ExitDetailTests {
  private func svm(_ code: UInt32, _ info1: UInt64 = 0, _ info2: UInt64 = 0) -> String? {
    ExitDetail(
      HardwareExitReason(isa: 2, number: code), info1: info1, info2: info2, interruptInfo: 0, errorCode: 0)?
      .text
  }

  private func vmx(
    _ reason: UInt32, _ qualification: UInt64 = 0, event: UInt64 = 0, error: UInt64 = 0
  ) -> String? {
    ExitDetail(
      HardwareExitReason(isa: 1, number: reason), info1: qualification, info2: 0, interruptInfo: event,
      errorCode: error)?
      .text
  }

  /// AMD APM volume 2, section 15.10.2: port 31:16, SZ8 to SZ32 4 to 6, REP 3, STR 2, TYPE 0 (1 is `IN`).
  @Test func svmPortsAreNamedByDirectionNumberAndSize() {
    #expect(svm(0x7b, 0x3f8_0010) == "write 0x3f8/1")
    #expect(svm(0x7b, 0x40_0211) == "read 0x40/1")
    #expect(svm(0x7b, 0xcf8_0040) == "write 0xcf8/4")
    #expect(svm(0x7b, 0x1f0_002d) == "read string 0x1f0/2")
  }

  @Test func svmReadsAndWritesOfMSRsAreToldApart() {
    #expect(svm(0x7c, 0) == "read")
    #expect(svm(0x7c, 1) == "write")
  }

  @Test func svmExceptionsHaveTheirMnemonic() {
    #expect(svm(0x40) == "#DE")
    #expect(svm(0x46) == "#UD")
    #expect(svm(0x49) == "vector 0x9")
    #expect(svm(0x4e, 0x6, 0xdead_b000) == "#PF write, not present, user")
    #expect(svm(0x51) == "#AC")
  }

  /// AMD APM volume 2, section 15.25.6: as `#PF`, with bit 32 for the final address and 33 for a walk of the tables.
  @Test func nestedPageFaultsSayWhatWasWantedAndWhy() {
    #expect(svm(0x400, 0x1_0000_0006, 0x12_3456) == "write, not present")
    #expect(svm(0x400, 0x1_0000_0004, 0x12_3456) == "read, not present")
    #expect(svm(0x400, 0x1_0000_0014, 0x1000) == "fetch, not present")
    #expect(svm(0x400, 0x1_0000_0007, 0x1000) == "write, present")
    #expect(svm(0x400, 0x2_0000_0006, 0x1000) == "write, not present, page-table walk")
    #expect(svm(0x400, 0x1_0000_000f, 0xfee0_0080) == "gpa 0xfee00000 write, present, reserved bit")
    #expect(svm(0x400, 0x4000_0000_0006) == "write, not present, bits 0x400000000000")
  }

  @Test func aPageOfMemoryMakesNoSiteOfItsOwn() {
    func detail(_ address: UInt64) -> ExitDetail? {
      ExitDetail(svm: 0x400, info1: 0x1_0000_0006, info2: address)
    }
    #expect(detail(0x1000) == detail(0x2000))
  }

  /// AMD APM volume 2, section 15.29.9: the register's offset in bits 11:4, a write in bit 32; the cause of an IPI that
  /// is not complete in bits 63:32 of EXITINFO2.
  @Test func avicExitsSayWhichRegisterAndWhy() {
    #expect(svm(0x402, 0x1_0000_0080) == "write APIC_TASKPRI")
    #expect(svm(0x402, 0x390) == "read APIC_TMCCT")
    #expect(svm(0x401, 0, 1 << 32) == "target not running")
    #expect(svm(0x401, 0, 9 << 32) == "cause 9")
  }

  @Test func whatHasNoDetailHasNone() {
    for code: UInt32 in [0x60, 0x64, 0x72, 0x78, 0x81, 0x9999] { #expect(svm(code, .max, .max) == nil) }
    for reason: UInt32 in [7, 10, 12, 18, 31, 32, 52, 900] { #expect(vmx(reason, .max) == nil) }
    #expect(
      ExitDetail(
        HardwareExitReason(isa: 0, number: 0x7b), info1: 0, info2: 0, interruptInfo: 0, errorCode: 0) == nil)
  }

  /// Intel SDM volume 3, table 28-5.
  @Test func vmxPortsAreNamedByDirectionNumberAndSize() {
    #expect(vmx(30, 0x3f8_0000) == "write 0x3f8/1")
    #expect(vmx(30, 0x40_0048) == "read 0x40/1")
    #expect(vmx(30, 0xcf8_0003) == "write 0xcf8/4")
    #expect(vmx(30, 0x1f0_0039) == "read string 0x1f0/2")
  }

  /// Intel SDM volume 3, tables 28-3 and 28-4.
  @Test func vmxControlAndDebugRegistersAreNumbered() {
    #expect(vmx(28, 0x3) == "write cr3")
    #expect(vmx(28, 0x14) == "read cr4")
    #expect(vmx(28, 0x718) == "read cr8")
    #expect(vmx(28, 0x20) == "clts")
    #expect(vmx(28, 0x30) == "lmsw")
    #expect(vmx(29, 0x7) == "write dr7")
    #expect(vmx(29, 0x116) == "read dr6")
  }

  /// Intel SDM volume 3, table 28-7.
  @Test func eptViolationsSayWhatWasWantedAndWhatIsAllowed() {
    #expect(vmx(48, 0x182) == "write, not present")
    #expect(vmx(48, 0x181) == "read, not present")
    #expect(vmx(48, 0x184) == "fetch, not present")
    #expect(vmx(48, 0x1aa) == "write, readable, executable")
    #expect(vmx(48, 0x083) == "read, write, not present, page-table walk")
    #expect(vmx(48, 0x002) == "write, not present, no linear address")
    #expect(vmx(48, 0x182) == vmx(48, 0x1182))
  }

  /// Intel SDM volume 3, table 28-6 and section 30.4.
  @Test func vmxAPICExitsNameTheRegister() {
    #expect(vmx(44, 0x0080) == "read APIC_TASKPRI")
    #expect(vmx(44, 0x1300) == "write APIC_ICR")
    #expect(vmx(44, 0xf0b0) == "APIC_EOI")
    #expect(vmx(56, 0x380) == "APIC_TMICT")
    #expect(vmx(45, 0xec) == "vector 0xec")
  }

  /// Intel SDM volume 3, section 25.9.2: valid 31, error code 11, type 10:8, vector 7:0.
  @Test func vmxEventsAreNamedByTheirInformation() {
    #expect(vmx(0, event: 0x8000_0306) == "#UD")
    #expect(vmx(0, event: 0x8000_0b0e, error: 3) == "#PF write, present")
    #expect(vmx(0, event: 0x8000_0202) == "NMI")
    #expect(vmx(0, event: 0x8000_0603) == "#BP")
    #expect(vmx(0, event: 0x306) == nil)
    #expect(vmx(1, event: 0x8000_00ec) == "vector 0xec")
    #expect(vmx(1, event: 0) == nil)
    #expect(vmx(84, 0x1b) == "IA32_APICBASE")
  }

  @Test func eventInformationOfBothVendorsReadsTheSame() {
    #expect(EventInformation(0x8000_0020)?.text == "interrupt 0x20")
    #expect(EventInformation(0x8000_0b0d)?.text == "#GP")
    #expect(EventInformation(0x8000_0b0d)?.hasErrorCode == true)
    #expect(EventInformation(0x8000_0480)?.text == "int 0x80")
    #expect(EventInformation(0x8000_0701)?.text == "event of type 7, vector 0x1")
    #expect(EventInformation(0x0000_0b0d) == nil)
  }

  @Test func registersAreFoundByNumberAndOthersStayNumbers() {
    for (index, name): (UInt32, String) in [
      (0x10, "IA32_TSC"), (0x1b, "IA32_APICBASE"), (0x6e0, "IA32_TSC_DEADLINE"), (0xc000_0080, "EFER"),
      (0x4b56_4d01, "KVM_SYSTEM_TIME_NEW"), (0x808, "X2APIC_TASKPRI"), (0x80b, "X2APIC_EOI"),
      (0x830, "X2APIC_ICR"), (0x83f, "X2APIC_SELF_IPI"), (0x811, "X2APIC_ISR1"), (0x401, "IA32_MC0_STATUS"),
      (0x40a, "IA32_MC2_ADDR"), (0x203, "MTRRphysMask1"), (0xc001_0203, "F15H_PERF_CTR1"),
      (0xc001_1029, "AMD64_DE_CFG"), (0x4000_0020, "HV_TIME_REF_COUNT"), (0x4000_00b1, "HV_STIMER0_COUNT"),
      (0x5354_0000, "0x53540000"), (0x801, "0x801"), (.max, "0xffffffff"),
    ] { #expect(MSRName.text(of: index) == name) }
    #expect(APICRegister.text(at: 0xb0) == "APIC_EOI")
    #expect(APICRegister.text(at: 0x270) == "APIC_IRR7")
    #expect(APICRegister.text(at: 0x10) == "register 0x10")
    #expect(APICRegister.text(at: .max) == "register 0xffffffffffffffff")
    #expect(HypercallName.text(of: 5) == "KVM_HC_KICK_CPU")
    #expect(HypercallName.text(of: 0) == "0")
    #expect(HypercallName.text(of: .max) == "18446744073709551615")
  }

  /// Numbers of any kind from a trace that anyone may have made: each has a text, and a bit that no name covers is in it.
  @Test(arguments: 0..<50) func anyBitsHaveAText(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed) << 20)
    for _ in 0..<400 {
      let number = UInt64.random(in: 0...(.max), using: &random) >> UInt64.random(in: 0...63, using: &random)
      let (info1, info2) = (UInt64.random(in: 0...(.max), using: &random), number &* 3)
      for isa: UInt8 in [0, 1, 2, 3] {
        let small = UInt32(truncatingIfNeeded: number % 0x500)
        for code in [small, UInt32(truncatingIfNeeded: number), small | 1 << 31] {
          let reason = HardwareExitReason(isa: isa, number: code)
          let detail = ExitDetail(
            reason, info1: info1, info2: info2, interruptInfo: number, errorCode: info2)
          #expect(!reason.label.isEmpty)
          if let detail { #expect(!detail.text.isEmpty) }
        }
      }
      let unnamed = info1 & 0xfff8_0000_0000_0000
      #expect(unnamed == 0 || PageFaultError.text(unnamed).contains(hexadecimal(unnamed)))
      #expect(!EPTViolation.text(info1).isEmpty)
      #expect(!MSRName.text(of: UInt32(truncatingIfNeeded: info1)).isEmpty)
      #expect(!HypercallName.text(of: info1).isEmpty)
      #expect(!APICRegister.text(at: number).isEmpty)
    }
  }
}
