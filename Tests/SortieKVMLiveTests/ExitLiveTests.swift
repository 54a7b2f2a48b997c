import CLinuxKVM
import Glibc
import SortieKVM
import Testing

extension LiveTests {
  struct Exits {
    @Test func aPortWriteLeavesWithPortAndValueThenHaltStops() throws {
      // mov al, 0x41; mov dx, 0x3f8; out dx, al; hlt
      let guest = try RealModeGuest([0xb0, 0x41, 0xba, 0xf8, 0x03, 0xee, 0xf4])
      try guest.runToExit()
      guard case .io(let io) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      #expect(io.isWrite && io.port == 0x3f8 && io.width == 1 && io.count == 1 && io.value == 0x41)
      #expect(guest.vcpu.exitReason == .io)
      try guest.runToExit()
      guard case .halt = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
    }

    @Test func whatAPortReadIsAnsweredReachesTheGuestsRegister() throws {
      // in ax, 0x60; out 0x61, ax; hlt
      let guest = try RealModeGuest([0xe5, 0x60, 0xe7, 0x61, 0xf4])
      try guest.runToExit()
      guard case .io(let read) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      #expect(!read.isWrite && read.port == 0x60 && read.width == 2)
      read.value = 0xbeef
      try guest.runToExit()
      guard case .io(let write) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      #expect(write.isWrite && write.port == 0x61 && write.value == 0xbeef)
    }

    @Test func aMemoryAccessOutsideEverySlotLeavesWithAddressAndValue() throws {
      // mov ax, 0xa000; mov ds, ax; mov [0x10], 0x1234 (word); mov ax, [0x20]; out 0x61, ax; hlt
      let guest = try RealModeGuest([
        0xb8, 0x00, 0xa0, 0x8e, 0xd8, 0xc7, 0x06, 0x10, 0x00, 0x34, 0x12, 0xa1, 0x20, 0x00, 0xe7, 0x61, 0xf4,
      ])
      try guest.runToExit()
      guard case .mmio(let write) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      #expect(write.isWrite && write.address == 0xa0010 && write.width == 2 && write.value == 0x1234)
      try guest.runToExit()
      guard case .mmio(let read) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      #expect(!read.isWrite && read.address == 0xa0020 && read.width == 2)
      read.value = 0x5aa5
      try guest.runToExit()
      guard case .io(let io) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      #expect(io.value == 0x5aa5)
    }

    @Test func anImmediateExitReturnsEINTRWithoutRunningTheGuest() throws {
      let guest = try RealModeGuest([0xe6, 0x80, 0xf4])  // out 0x80, al; hlt
      guest.vcpu.setImmediateExit(true)
      #expect(try guest.run() == EINTR)
      #expect(try guest.run() == EINTR)
      #expect(try guest.vcpu.registers().rip == RealModeGuest.codeAddress)
      guest.vcpu.setImmediateExit(false)
      try guest.runToExit()
      #expect(guest.vcpu.exitReason == .io)
    }

    @Test func completingIOFillsTheRegisterWithoutRunningOn() throws {
      // in al, 0x60; out 0x61, al; hlt
      let guest = try RealModeGuest([0xe4, 0x60, 0xe6, 0x61, 0xf4])
      try guest.runToExit()
      guard case .io(let read) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      read.value = 0x77
      #expect(guest.vcpu.completeUserspaceIO() == 0)
      let registers = try guest.vcpu.registers()
      #expect(registers.rax & 0xff == 0x77)
      #expect(registers.rip == RealModeGuest.codeAddress + 2)
      #expect(!guest.vcpu.kicker.isPending)
      try guest.runToExit()
      guard case .io(let write) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      #expect(write.port == 0x61 && write.value == 0x77)
    }

    @Test func completingIOKeepsAPendingKick() throws {
      let guest = try RealModeGuest([0xe4, 0x60, 0xf4])
      try guest.runToExit()
      guest.vcpu.kicker.kick()
      #expect(guest.vcpu.completeUserspaceIO() == 0)
      #expect(guest.vcpu.kicker.isPending)
      #expect(try guest.run() == EINTR)
    }

    @Test func aKickGetsABusyGuestOut() throws {
      let guest = try RealModeGuest([0xeb, 0xfe])  // jmp $
      #expect(try guest.run(seconds: 0.1) == EINTR)
      #expect(guest.vcpu.kicker.isPending)
      #expect(try guest.vcpu.registers().rip == RealModeGuest.codeAddress)
    }

    @Test func repeatedKicksQueueOneSignal() throws {
      let guest = try RealModeGuest([0xf4])
      try #require(sortie_unblock_kick() == 0)
      // Blocked, so that signals wait and can be counted: one is taken, a second would be.
      var kick = sigset_t()
      sigemptyset(&kick)
      sigaddset(&kick, sortie_kick_signal())
      pthread_sigmask(SIG_BLOCK, &kick, nil)
      defer { pthread_sigmask(SIG_UNBLOCK, &kick, nil) }
      var now = timespec()
      for _ in 0..<3 { #expect(guest.vcpu.kicker.kick(thread: sortie_thread_id()) == 0) }
      #expect(sigtimedwait(&kick, nil, &now) == sortie_kick_signal())
      #expect(sigtimedwait(&kick, nil, &now) == -1)
      guest.vcpu.setImmediateExit(false)
      guest.vcpu.kicker.kick(thread: sortie_thread_id())
      #expect(sigtimedwait(&kick, nil, &now) == sortie_kick_signal(), "a new request has its own signal")
    }

    @Test(.needs(.syncRegisters)) func syncRegistersShowRegistersAndTakeThem() throws {
      // mov bx, 0x1234; out 0x80, al; mov ax, bx; out 0x81, ax; hlt
      let guest = try RealModeGuest([0xbb, 0x34, 0x12, 0xe6, 0x80, 0x89, 0xd8, 0xe7, 0x81, 0xf4])
      try guest.vcpu.enableSyncRegisters([.general, .special, .events])
      try guest.runToExit()
      #expect(guest.vcpu.syncRIP == (try guest.vcpu.registers().rip))
      #expect(guest.vcpu.syncRegisters == (try guest.vcpu.registers()))
      #expect(guest.vcpu.syncSpecialRegisters == (try guest.vcpu.specialRegisters()))
      #expect(guest.vcpu.syncRegisters.rbx == 0x1234)
      #expect(guest.vcpu.syncEvents.exception == nil && guest.vcpu.syncEvents.interruptVector == nil)
      // OUT may still be unfinished, with RIP at it: complete it before its registers are replaced.
      #expect(guest.vcpu.completeUserspaceIO() == 0)
      var registers = guest.vcpu.syncRegisters
      registers.rbx = 0x4321
      guest.vcpu.syncRegisters = registers
      #expect(guest.vcpu.dirtySyncRegisters == .general)
      try guest.runToExit()
      guard case .io(let io) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      #expect(io.port == 0x81 && io.value == 0x4321)
      #expect(guest.vcpu.dirtySyncRegisters.isEmpty)
    }

    @Test func syncClassesTheHostLacksAreRefused() throws {
      let guest = try RealModeGuest([0xf4])
      #expect(throws: KVMError.self) {
        try guest.vcpu.enableSyncRegisters(SyncRegisterSets(rawValue: 1 << 40))
      }
    }

    @Test(.needs(.userSpaceMSR), .needs(.msrFilter)) func filteredMSRsLeaveToUserSpace() throws {
      // mov ecx, 0x10 (IA32_TIME_STAMP_COUNTER); rdmsr; out 0x80, eax; wrmsr; hlt
      let guest = try RealModeGuest([
        0x66, 0xb9, 0x10, 0, 0, 0, 0x0f, 0x32, 0x66, 0xe7, 0x80, 0x0f, 0x30, 0xf4,
      ])
      try guest.machine.enableUserSpaceMSR([.filter])
      try guest.machine.setMSRFilter(defaultAllow: true, [.deny(0x10)])
      try guest.runToExit()
      guard case .readMSR(let read) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      #expect(read.index == 0x10 && read.reason == .filter)
      read.data = 0x1_0000_0042
      try guest.runToExit()
      guard case .io(let io) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      #expect(io.value == 0x42)
      try guest.runToExit()
      guard case .writeMSR(let write) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      #expect(write.index == 0x10 && write.data == 0x1_0000_0042)
      try guest.runToExit()
      guard case .halt = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
    }
  }
}
