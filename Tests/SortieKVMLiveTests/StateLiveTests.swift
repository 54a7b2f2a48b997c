import CLinuxKVM
import Glibc
import SortieKVM
import Testing

extension LiveTests {
  struct State {
    @Test func aVMIsMadeWithMemoryAndAVCPUOnlyOncePerID() throws {
      let guest = try RealModeGuest([0xf4])
      let error = #expect(throws: KVMError.self) { _ = try guest.machine.makeVCPU(id: 0) }
      #expect(error?.errno == EEXIST)
      #expect(throws: KVMError.self) { _ = try guest.machine.makeVCPU(id: .max) }
    }

    @Test func memoryThatIsNotWholePagesOrOverlapsIsRefused() throws {
      let guest = try RealModeGuest([0xf4])
      let other = guest.memory
      for (address, size) in [
        (UInt64(0x10_0001), UInt64(4096)), (0x10_0000, 100), (.max - 4095, 8192), (0x1000, 4096),
      ] {
        #expect(throws: KVMError.self) {
          try guest.machine.setMemory(slot: 1, guestPhysical: address, host: other, size: size)
        }
      }
    }

    @Test func registersComeBackAsSet() throws {
      let guest = try RealModeGuest([0xf4])
      var registers = Registers()
      (registers.rax, registers.rbx, registers.rcx, registers.rdx) = (1, 2, 3, 4)
      (registers.rsi, registers.rdi, registers.rsp, registers.rbp) = (5, 6, 7, 8)
      (registers.r8, registers.r9, registers.r10, registers.r11) = (9, 10, 11, 12)
      (registers.r12, registers.r13, registers.r14, registers.r15) = (13, 14, 15, 16)
      (registers.rip, registers.rflags) = (0x1000, 0x202)
      try guest.vcpu.setRegisters(registers)
      #expect(try guest.vcpu.registers() == registers)

      var special = try guest.vcpu.specialRegisters()
      special.gdt = DescriptorTable(base: 0x2000, limit: 0x37)
      special.ds.base = 0x340
      special.ds.selector = 0x34
      special.cr2 = 0x1234
      try guest.vcpu.setSpecialRegisters(special)
      #expect(try guest.vcpu.specialRegisters() == special)
    }

    @Test func controlRegistersThatContradictEachOtherAreRefused() throws {
      let guest = try RealModeGuest([0xf4])
      var special = try guest.vcpu.specialRegisters()
      special.cr0 = 1 << 31  // paging without protection
      #expect(throws: KVMError.self) { try guest.vcpu.setSpecialRegisters(special) }
    }

    @Test func msrsComeBackAsSetAndARefusedOneIsNamed() throws {
      let guest = try RealModeGuest([0xf4])
      try guest.vcpu.setMSRs([MSRValue(index: 0xc000_0102, value: 0x1234_5678)])
      #expect(try guest.vcpu.msr(0xc000_0102) == 0x1234_5678)
      let error = #expect(throws: KVMError.self) {
        try guest.vcpu.setMSRs([
          MSRValue(index: 0xc000_0102, value: 1), MSRValue(index: 0xdead_beef, value: 2),
        ])
      }
      #expect(error?.description.contains("0xdeadbeef") == true)
      #expect(try guest.vcpu.msr(0xdead_beef) == nil)
      #expect(try KVMSystem().msrIndexList().contains(0xc000_0102))
    }

    @Test func lapicEventsDebugAndFloatingPointStateComeBackAsSet() throws {
      let guest = try RealModeGuest([0xf4]) { (machine) throws(KVMError) in try machine.createIRQChip() }
      var lapic = try guest.vcpu.lapic()
      #expect(lapic[0x20] == 0, "the id of vCPU 0")
      lapic[0x80] = 0x20  // task priority
      try guest.vcpu.setLAPIC(lapic)
      #expect(try guest.vcpu.lapic()[0x80] == 0x20)
      #expect(lapic[0x81] == nil && lapic[1024] == nil && lapic[-16] == nil)

      try guest.vcpu.nmi()
      #expect(try guest.vcpu.vcpuEvents().nmi.pending)
      #expect(try guest.vcpu.vcpuEvents().exception == nil)
      try guest.vcpu.setVCPUEvents(guest.vcpu.vcpuEvents())

      var debug = try guest.vcpu.debugRegisters()
      debug.dr0 = 0x1000
      debug.dr3 = 0x4000
      try guest.vcpu.setDebugRegisters(debug)
      #expect(try guest.vcpu.debugRegisters() == debug)

      var fpu = try guest.vcpu.fpu()
      fpu.controlWord = 0x27f
      try guest.vcpu.setFPU(fpu)
      #expect(try guest.vcpu.fpu().controlWord == 0x27f)
      #expect(fpu.xmm(16) == nil && fpu.xmm(0) != nil)
      #expect(try guest.vcpu.xcr0() == 1)

      #expect(try guest.vcpu.mpState() == .runnable)
      try guest.vcpu.setMPState(.halted)
      #expect(try guest.vcpu.mpState() == .halted)
    }

    @Test func realModeAddressesTranslateToThemselves() throws {
      let guest = try RealModeGuest([0xf4])
      #expect(try guest.vcpu.translate(0x1234)?.physicalAddress == 0x1234)
    }

    @Test func statisticsNameTheVMAndItsVCPU() throws {
      let guest = try RealModeGuest([0xe6, 0x80, 0xf4])
      let machine = try guest.machine.statistics()
      #expect(machine.layout.id.hasPrefix("kvm-"))
      #expect(machine.layout.descriptors.contains { $0.name == "remote_tlb_flush" })
      let vcpu = try guest.vcpu.statistics()
      #expect(vcpu.layout.id.hasSuffix("vcpu-0"))
      let before = try #require(vcpu.snapshot()["exits"])
      try guest.runToExit()
      try guest.runToExit()
      #expect(try #require(vcpu.snapshot()["exits"]) > before)
      let histogram = try #require(vcpu.layout.descriptors.first { $0.name == "halt_wait_hist" })
      #expect(histogram.kind == .logarithmicHistogram && histogram.unitName == "ns" && histogram.count > 1)
    }

    @Test func theTSCOffsetIsReadWhereTheHostHasIt() throws {
      let guest = try RealModeGuest([0xf4])
      #expect(try guest.vcpu.tscKHz() > 100_000)
      guard try guest.vcpu.tscOffset() != nil else {
        #expect(try !guest.vcpu.setTSCOffset(0))
        return
      }
      #expect(try guest.vcpu.setTSCOffset(0))
    }

    @Test func pagesTheGuestWritesAreInTheDirtyLog() throws {
      // mov [0x3010], ax; hlt
      let guest = try RealModeGuest([0xa3, 0x10, 0x30, 0xf4])
      let size = UInt64(RealModeGuest.memorySize)
      try guest.machine.setMemory(slot: 0, guestPhysical: 0, host: guest.memory, size: 0)
      try guest.machine.setMemory(
        slot: 0, guestPhysical: 0, host: guest.memory, size: size, flags: .logDirtyPages)
      try guest.runToExit()
      #expect(guest.vcpu.exitReason == .halt)
      #expect(try guest.machine.dirtyLog(slot: 0) == [1 << 3])
      #expect(throws: KVMError.self) { try guest.machine.dirtyLog(slot: 5) }
      let none = UnsafeMutableBufferPointer<UInt64>(start: nil, count: 0)
      #expect(throws: KVMError.self) { try guest.machine.takeDirtyLog(slot: 0, into: none) }
    }

    @Test func theClockRunsForward() throws {
      let guest = try RealModeGuest([0xf4])
      try guest.machine.setClock(nanoseconds: 1_000_000_000)
      let now = try guest.machine.clock()
      #expect((1_000_000_000..<11_000_000_000).contains(now.nanoseconds))
    }

    @Test func everyCapabilityCanBeAskedFor() throws {
      let system = try KVMSystem()
      #expect(system.capability(.userMemory) > 0)
      #expect(system.capability(KVMCapability(rawValue: 60000)) == 0)
      for capability in KVMCapability.allCases {
        #expect(system.capability(capability) >= 0)
      }
    }

    @Test(.needs(.disableQuirks2)) func onlyQuirksTheHostKnowsAreTurnedOff() throws {
      let system = try KVMSystem()
      let machine = try system.makeVM()
      let possible = UInt64(machine.capability(.disableQuirks2))
      #expect(try machine.disableQuirks(.max) == possible)
      let error = #expect(throws: KVMError.self) {
        try machine.enableCapability(KVMCapability(rawValue: 60000), 1)
      }
      #expect(error?.description.contains("KVM_CAP_60000") == true)
    }

    @Test(.needs(.splitIRQChip)) func theSplitIRQChipGivesALocalAPICAndTakesMessages() throws {
      let guest = try RealModeGuest([0xf4]) { (machine) throws(KVMError) in
        try machine.enableSplitIRQChip()
      }
      _ = try guest.vcpu.lapic()
      // The local APIC is off in its spurious-interrupt register, so the message finds no taker.
      #expect(try !guest.machine.signalMSI(address: 0xfee0_0000, data: 0x30))
    }

    @Test func placesOfIntelsSpecialPagesAreTaken() throws {
      let system = try KVMSystem()
      let machine = try system.makeVM()
      try machine.setIdentityMapAddress(0xfeff_c000)
      try machine.setTSSAddress(0xfeff_d000)
      _ = try machine.makeVCPU(id: 0)
    }
  }
}
