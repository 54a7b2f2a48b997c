import CLinuxKVM
import SortieKVM
import Testing

struct RareExitDecodingTests {
  /// Exits whose payload is all in the case: what each constructed page must read as.
  @Test func everyRareExitGivesItsPayload() {
    check(KVM_EXIT_UNKNOWN, "unknownHardware(reason: 61)") { $0.pointee.hw.hardware_exit_reason = 61 }
    check(KVM_EXIT_EXCEPTION, "exception(vector: 14, errorCode: 2)") {
      $0.pointee.ex.exception = 14
      $0.pointee.ex.error_code = 2
    }
    check(KVM_EXIT_HLT, "halt") { _ in }
    check(KVM_EXIT_IRQ_WINDOW_OPEN, "interruptWindowOpen") { _ in }
    check(KVM_EXIT_SHUTDOWN, "shutdown") { _ in }
    check(KVM_EXIT_FAIL_ENTRY, "failEntry(reason: 2147483681, cpu: 3)") {
      $0.pointee.fail_entry.hardware_entry_failure_reason = 0x8000_0021
      $0.pointee.fail_entry.cpu = 3
    }
    check(KVM_EXIT_INTR, "interrupt") { _ in }
    check(KVM_EXIT_SET_TPR, "setTPR") { _ in }
    check(KVM_EXIT_TPR_ACCESS, "tprAccess(rip: 4660, isWrite: true)") {
      $0.pointee.tpr_access.rip = 0x1234
      $0.pointee.tpr_access.is_write = 1
    }
    check(KVM_EXIT_S390_SIEIC, "s390SIEIC(code: 4, ipa: 513, ipb: 67305985)") {
      $0.pointee.s390_sieic.icptcode = 4
      $0.pointee.s390_sieic.ipa = 0x201
      $0.pointee.s390_sieic.ipb = 0x0403_0201
    }
    check(KVM_EXIT_S390_RESET, "s390Reset(flags: 16)") { $0.pointee.s390_reset_flags = 16 }
    check(KVM_EXIT_DCR, "dcr(number: 5, data: 6, isWrite: true)") {
      $0.pointee.dcr.dcrn = 5
      $0.pointee.dcr.data = 6
      $0.pointee.dcr.is_write = 1
    }
    check(KVM_EXIT_NMI, "nmi") { _ in }
    check(KVM_EXIT_S390_UCONTROL, "s390UControl(code: 7, programCode: 8)") {
      $0.pointee.s390_ucontrol.trans_exc_code = 7
      $0.pointee.s390_ucontrol.pgm_code = 8
    }
    check(KVM_EXIT_WATCHDOG, "watchdog") { _ in }
    check(KVM_EXIT_EPR, "epr(77)") { $0.pointee.epr.epr = 77 }
    check(
      KVM_EXIT_S390_STSI, "s390STSI(address: 9, accessRegister: 1, function: 2, selector1: 3, selector2: 4)"
    ) {
      $0.pointee.s390_stsi.addr = 9
      $0.pointee.s390_stsi.ar = 1
      $0.pointee.s390_stsi.fc = 2
      $0.pointee.s390_stsi.sel1 = 3
      $0.pointee.s390_stsi.sel2 = 4
    }
    check(KVM_EXIT_IOAPIC_EOI, "ioapicEOI(vector: 48)") { $0.pointee.eoi.vector = 48 }
    check(KVM_EXIT_ARM_NISV, "armNISV(syndrome: 5, address: 6)") {
      $0.pointee.arm_nisv.esr_iss = 5
      $0.pointee.arm_nisv.fault_ipa = 6
    }
    check(KVM_EXIT_ARM_LDST64B, "armLDST64B(syndrome: 7, address: 8)") {
      $0.pointee.arm_nisv.esr_iss = 7
      $0.pointee.arm_nisv.fault_ipa = 8
    }
    check(KVM_EXIT_DIRTY_RING_FULL, "dirtyRingFull") { _ in }
    check(KVM_EXIT_AP_RESET_HOLD, "apResetHold") { _ in }
    check(KVM_EXIT_X86_BUS_LOCK, "busLock") { _ in }
    check(KVM_EXIT_RISCV_CSR, "riscvCSR(number: 1, newValue: 2, writeMask: 3)") {
      $0.pointee.riscv_csr.csr_num = 1
      $0.pointee.riscv_csr.new_value = 2
      $0.pointee.riscv_csr.write_mask = 3
    }
    check(KVM_EXIT_NOTIFY, "notify(flags: 1)") { $0.pointee.notify.flags = 1 }
  }

  private func check(
    _ reason: Int32, _ expected: String, fill: (UnsafeMutablePointer<kvm_run>) -> Void,
    at location: SourceLocation = #_sourceLocation
  ) {
    let page = ConstructedRunPage(reason: UInt32(reason))
    fill(page.run)
    #expect("\(page.exit)" == expected, sourceLocation: location)
  }

  @Test func exitsNewerThanTheHeaderAreDecodedFromTheMainlineLayout() {
    let fault = ConstructedRunPage(reason: 39)
    fault.setPayload(sortie_memory_fault_exit(flags: 8, gpa: 0x1000, size: 0x2000))
    #expect("\(fault.exit)" == "memoryFault(flags: 8, physicalAddress: 4096, size: 8192)")

    let abort = ConstructedRunPage(reason: 41)
    abort.setPayload(sortie_arm_sea_exit(flags: 1, esr: 2, gva: 3, gpa: 4))
    #expect("\(abort.exit)" == "armSEA(flags: 1, syndrome: 2, virtualAddress: 3, physicalAddress: 4)")

    let certificates = ConstructedRunPage(reason: 43)
    certificates.setPayload(sortie_snp_req_certs_exit(gpa: 0x3000, npages: 2, ret: 0))
    #expect("\(certificates.exit)" == "snpRequestCertificates(physicalAddress: 12288, pages: 2)")

    let register = ConstructedRunPage(reason: 38)
    register.setPayload(
      sortie_iocsr_exit(phys_addr: 0x420, data: (1, 2, 3, 4, 5, 6, 7, 8), len: 4, is_write: 1))
    guard case .loongarchIOCSR(let access) = register.exit else {
      Issue.record("decoded as \(register.exit)")
      return
    }
    #expect(access.address == 0x420 && access.width == 4 && access.isWrite && access.value == 0x0403_0201)

    let call = ConstructedRunPage(reason: 40)
    call.setPayload(sortie_tdx_exit(flags: 0, nr: 0x10002, ret: 0, data: (10, 11, 12, 13, 14)))
    guard case .tdx(let tdx) = call.exit else {
      Issue.record("decoded as \(call.exit)")
      return
    }
    #expect(tdx.number == 0x10002)
    #expect((0..<6).map { tdx.data[$0] } == [10, 11, 12, 13, 14, nil])
    tdx.result = 5
    guard case .tdx(let again) = call.exit else { return }
    #expect(again.result == 5)
  }

  @Test func systemEventGivesOnlyTheWordsItDeclares() {
    let page = ConstructedRunPage(reason: UInt32(KVM_EXIT_SYSTEM_EVENT))
    page.run.pointee.system_event.type = UInt32(KVM_SYSTEM_EVENT_CRASH)
    page.run.pointee.system_event.ndata = 1
    page.run.pointee.system_event.data.0 = 0xdead
    guard case .systemEvent(let type, let data) = page.exit else {
      Issue.record("decoded as \(page.exit)")
      return
    }
    #expect(type == UInt32(KVM_SYSTEM_EVENT_CRASH))
    #expect(data[0] == 0xdead)
    #expect(data[1] == nil)
    page.run.pointee.system_event.ndata = .max
    guard case .systemEvent(_, let bounded) = page.exit else { return }
    #expect(bounded.count == 16)
  }

  @Test func debugExitGivesWhereAndWhy() {
    let page = ConstructedRunPage(reason: UInt32(KVM_EXIT_DEBUG))
    page.run.pointee.debug.arch.exception = 1
    page.run.pointee.debug.arch.pc = 0x10_0000
    page.run.pointee.debug.arch.dr6 = 0x4ff0
    page.run.pointee.debug.arch.dr7 = 0x400
    guard case .debug(let debug) = page.exit else {
      Issue.record("decoded as \(page.exit)")
      return
    }
    #expect(debug.vector == 1 && debug.pc == 0x10_0000 && debug.dr6 == 0x4ff0 && debug.dr7 == 0x400)
  }

  @Test func foreignCallsGiveTheirArguments() {
    let papr = ConstructedRunPage(reason: UInt32(KVM_EXIT_PAPR_HCALL))
    papr.run.pointee.papr_hcall.nr = 0x58
    papr.run.pointee.papr_hcall.args = (1, 2, 3, 4, 5, 6, 7, 8, 9)
    guard case .paprHypercall(let call) = papr.exit else {
      Issue.record("decoded as \(papr.exit)")
      return
    }
    #expect(call.number == 0x58)
    #expect((0..<10).map { call.argument($0) } == [1, 2, 3, 4, 5, 6, 7, 8, 9, nil])
    call.result = 4
    #expect(papr.run.pointee.papr_hcall.ret == 4)

    let sbi = ConstructedRunPage(reason: UInt32(KVM_EXIT_RISCV_SBI))
    sbi.run.pointee.riscv_sbi.extension_id = 1
    sbi.run.pointee.riscv_sbi.function_id = 2
    sbi.run.pointee.riscv_sbi.args = (3, 4, 5, 6, 7, 8)
    guard case .riscvSBI(let supervisor) = sbi.exit else {
      Issue.record("decoded as \(sbi.exit)")
      return
    }
    #expect(supervisor.call == (1, 2))
    #expect((0..<7).map { supervisor.arguments[$0] } == [3, 4, 5, 6, 7, 8, nil])

    let osi = ConstructedRunPage(reason: UInt32(KVM_EXIT_OSI))
    osi.run.pointee.osi.gprs.31 = 31
    guard case .osi(let registers) = osi.exit else {
      Issue.record("decoded as \(osi.exit)")
      return
    }
    #expect(registers[31] == 31 && registers[32] == nil)

    let subchannel = ConstructedRunPage(reason: UInt32(KVM_EXIT_S390_TSCH))
    subchannel.run.pointee.s390_tsch.subchannel_id = 1
    subchannel.run.pointee.s390_tsch.subchannel_nr = 2
    subchannel.run.pointee.s390_tsch.io_int_parm = 3
    subchannel.run.pointee.s390_tsch.io_int_word = 4
    subchannel.run.pointee.s390_tsch.ipb = 5
    subchannel.run.pointee.s390_tsch.dequeued = 1
    guard case .s390TSCH(let test) = subchannel.exit else {
      Issue.record("decoded as \(subchannel.exit)")
      return
    }
    #expect(test.subchannel == (1, 2) && test.interruption == (3, 4) && test.ipb == 5 && test.dequeued)
  }

  @Test func hypervisorInterfacesGiveTheirWords() {
    let hyperV = ConstructedRunPage(reason: UInt32(KVM_EXIT_HYPERV))
    hyperV.run.pointee.hyperv.type = UInt32(KVM_EXIT_HYPERV_HCALL)
    hyperV.run.pointee.hyperv.u.hcall.input = 0x5c
    guard case .hyperV(let type, let words) = hyperV.exit else {
      Issue.record("decoded as \(hyperV.exit)")
      return
    }
    #expect(type == UInt32(KVM_EXIT_HYPERV_HCALL))
    #expect(words[0] == 0x5c)

    let xen = ConstructedRunPage(reason: UInt32(KVM_EXIT_XEN))
    xen.run.pointee.xen.type = UInt32(KVM_EXIT_XEN_HCALL)
    xen.run.pointee.xen.u.hcall.longmode = 1
    xen.run.pointee.xen.u.hcall.cpl = 3
    xen.run.pointee.xen.u.hcall.input = 29
    xen.run.pointee.xen.u.hcall.params = (1, 2, 3, 4, 5, 6)
    guard case .xen(let call) = xen.exit else {
      Issue.record("decoded as \(xen.exit)")
      return
    }
    #expect(call.type == 1 && call.isLongMode && call.cpl == 3 && call.input == 29)
    #expect((0..<7).map { call.parameters[$0] } == [1, 2, 3, 4, 5, 6, nil])
    call.result = 8
    #expect(xen.run.pointee.xen.u.hcall.result == 8)
  }

  @Test(arguments: [UInt32(44), 45, 1000, .max])
  func unknownNumbersAreKept(number: UInt32) {
    let page = ConstructedRunPage(reason: number)
    guard case .unknown(number) = page.exit else {
      Issue.record("decoded as \(page.exit)")
      return
    }
  }

  @Test func everyNamedReasonHasACaseOfItsOwn() {
    for number in 0..<UInt32(ExitReason.names.count) {
      let page = ConstructedRunPage(reason: number)
      if case .unknown = page.exit {
        Issue.record("\(ExitReason(rawValue: number)) is not decoded")
      }
    }
  }

  @Test func anyBytesDecodeWithoutHarm() {
    var random = SystemRandomNumberGenerator()
    let page = ConstructedRunPage(reason: 0)
    for _ in 0..<20_000 {
      for offset in stride(from: 0, to: 304, by: 8) {
        page.base.storeBytes(of: random.next(), toByteOffset: offset, as: UInt64.self)
      }
      page.run.pointee.exit_reason = .random(in: 0..<48)
      switch page.exit {
      case .io(let io):
        #expect(io.data + io.byteCount <= page.base + ConstructedRunPage.size && io.data >= page.base)
      case .mmio(let access): #expect((1...8).contains(access.width))
      case .internalError(let error): #expect(error.data.count <= 16 && error.instructionBytes.count <= 15)
      case .systemEvent(_, let data): #expect(data.count <= 16)
      default: break
      }
    }
  }
}
