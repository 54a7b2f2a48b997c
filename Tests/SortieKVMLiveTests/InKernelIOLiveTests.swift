import CLinuxKVM
import Glibc
import SortieKVM
import Testing

extension LiveTests {
  struct InKernelIO {
    @Test(.needs(.ioeventfd)) func aPortWithAnEventSignalsItWithoutLeaving() throws {
      // mov al, 7; out 0x50, al; out 0x50, al; mov al, 8; out 0x50, al; hlt
      let guest = try RealModeGuest([0xb0, 0x07, 0xe6, 0x50, 0xe6, 0x50, 0xb0, 0x08, 0xe6, 0x50, 0xf4])
      let event = try EventFD()
      try guest.machine.assignIOEventFD(event, address: 0x50, length: 1, datamatch: 7, kind: .pio)
      try guest.runToExit()
      guard case .io(let io) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      #expect(io.value == 8, "the write that does not match leaves")
      #expect(event.take() == 2)
      #expect(event.take() == 0)
      #expect(throws: KVMError.self) {
        try guest.machine.assignIOEventFD(event, address: 0x50, length: 1, datamatch: 7, kind: .pio)
      }
      try guest.machine.deassignIOEventFD(event, address: 0x50, length: 1, datamatch: 7, kind: .pio)
      try guest.runToExit()
      #expect(guest.vcpu.exitReason == .halt)
    }

    @Test(.needs(.ioeventfd)) func memoryWithAnEventSignalsItWithoutLeaving() throws {
      // mov ax, 0xa000; mov ds, ax; mov [0x10], ax; hlt
      let guest = try RealModeGuest([0xb8, 0x00, 0xa0, 0x8e, 0xd8, 0xa3, 0x10, 0x00, 0xf4])
      let event = try EventFD()
      try guest.machine.assignIOEventFD(event, address: 0xa0010, length: 2, kind: .mmio)
      try guest.runToExit()
      #expect(guest.vcpu.exitReason == .halt)
      #expect(event.take() == 1)
    }

    @Test func anEventOfImpossibleLengthIsRefused() throws {
      let guest = try RealModeGuest([0xf4])
      let event = try EventFD()
      #expect(throws: KVMError.self) {
        try guest.machine.assignIOEventFD(event, address: 0x50, length: 3, kind: .pio)
      }
    }

    @Test(.needs(.coalescedMMIO), .needs(.coalescedPIO)) func coalescedWritesWaitInTheRing() throws {
      // mov ax, 0xa000; mov ds, ax; mov [0x10], ax; mov al, 1; out 0x50, al; mov al, 2; out 0x50, al; hlt
      let guest = try RealModeGuest([
        0xb8, 0x00, 0xa0, 0x8e, 0xd8, 0xa3, 0x10, 0x00, 0xb0, 0x01, 0xe6, 0x50, 0xb0, 0x02, 0xe6, 0x50, 0xf4,
      ])
      try guest.machine.registerCoalesced(address: 0x50, size: 1, pio: true)
      try guest.machine.registerCoalesced(address: 0xa0000, size: 4096, pio: false)
      try guest.runToExit()
      #expect(guest.vcpu.exitReason == .halt)
      let mapped = guest.vcpu.coalescedRing
      let ring = try #require(mapped)
      #expect(!ring.isEmpty)
      var writes: [CoalescedWrite] = []
      try ring.drain { writes.append($0) }
      #expect(
        writes == [
          CoalescedWrite(address: 0xa0010, width: 2, isPIO: false, value: 0xa000),
          CoalescedWrite(address: 0x50, width: 1, isPIO: true, value: 1),
          CoalescedWrite(address: 0x50, width: 1, isPIO: true, value: 2),
        ])
      #expect(ring.isEmpty)
    }

    @Test(.needs(.coalescedPIO)) func aZoneThatIsGoneLeavesAgain() throws {
      let guest = try RealModeGuest([0xb0, 0x01, 0xe6, 0x50, 0xf4])
      try guest.machine.registerCoalesced(address: 0x50, size: 1, pio: true)
      try guest.machine.unregisterCoalesced(address: 0x50, size: 1, pio: true)
      try guest.runToExit()
      #expect(guest.vcpu.exitReason == .io)
    }

    @Test(.needs(.irqfd)) func aSignalledEventInterruptsAHaltedGuest() throws {
      let guest = try RealModeGuest(interruptible) { (machine) throws(KVMError) in try machine.createIRQChip()
      }
      // Vector 0x21, IRQ 1 of a PIC based at 0x20, points at the handler.
      guest.memory.storeBytes(of: UInt16(handler), toByteOffset: 0x21 * 4, as: UInt16.self)
      let event = try EventFD()
      try guest.machine.assignIRQFD(event, gsi: 1)
      try guest.runToExit()
      #expect(guest.vcpu.exitReason == .io, "the PIC is set up")
      event.signal()
      try guest.runToExit()
      guard case .io(let io) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      #expect(io.port == 0x80 && io.value == 0x99)
      try guest.machine.deassignIRQFD(event, gsi: 1)
    }

    @Test func anInterruptLineInterruptsAHaltedGuest() throws {
      let guest = try RealModeGuest(interruptible) { (machine) throws(KVMError) in try machine.createIRQChip()
      }
      guest.memory.storeBytes(of: UInt16(handler), toByteOffset: 0x21 * 4, as: UInt16.self)
      try guest.runToExit()
      #expect(guest.vcpu.exitReason == .io, "the PIC is set up")
      try guest.machine.setIRQLine(gsi: 1, level: true)
      try guest.runToExit()
      guard case .io(let io) = guest.vcpu.exit else {
        Issue.record("left with \(guest.vcpu.exit)")
        return
      }
      #expect(io.port == 0x80 && io.value == 0x99)
    }

    @Test func routesBeyondTheHostsLimitAreRefused() throws {
      let guest = try RealModeGuest([0xf4]) { (machine) throws(KVMError) in
        try machine.createIRQChip()
        try machine.createPIT()
      }
      let limit = Int(guest.machine.capability(.irqRouting))
      try guest.machine.setGSIRouting([
        .irqchip(gsi: 1, chip: 0, pin: 1), .msi(gsi: 30, address: 0xfee0_0000, data: 0x30),
      ])
      #expect(throws: KVMError.self) {
        try guest.machine.setGSIRouting(
          [InterruptRoute](repeating: .irqchip(gsi: 1, chip: 0, pin: 1), count: limit + 1))
      }
    }

    @Test(.needs(.irqfdResample)) func aLevelTriggeredEventIsAssignedOnce() throws {
      let guest = try RealModeGuest([0xf4]) { (machine) throws(KVMError) in try machine.createIRQChip() }
      let event = try EventFD()
      let resample = try EventFD()
      try guest.machine.assignIRQFD(event, gsi: 5, resample: resample)
      let error = #expect(throws: KVMError.self) { try guest.machine.assignIRQFD(event, gsi: 6) }
      #expect(error?.errno == EBUSY)
      try guest.machine.deassignIRQFD(event, gsi: 5)
      try guest.machine.assignIRQFD(event, gsi: 6)
    }

    @Test(.needs(.msrFilter)) func filterRangesThatCannotBeAreRefusedBeforeTheKernelSeesThem() throws {
      let guest = try RealModeGuest([0xf4])
      let ranges: [[MSRFilterRange]] = [
        (0..<17).map { .deny($0) },
        [.deny(0x10, count: 0)],
        [.deny(0x10, count: .max)],
        [MSRFilterRange(base: 0x10, count: 9, access: .read, allowed: [0])],
      ]
      for refused in ranges {
        let error = #expect(throws: KVMError.self) {
          try guest.machine.setMSRFilter(defaultAllow: true, refused)
        }
        #expect(error?.errno == 0)
      }
      try guest.machine.setMSRFilter(defaultAllow: true, (0..<16).map { .deny($0 * 100) })
      try guest.machine.setMSRFilter(defaultAllow: true, [])
    }

    private var handler: Int { Int(RealModeGuest.codeAddress) + 29 }

    /// Sets the PIC to vectors from 0x20 with only IRQ 1 open, tells so at port 0x81 (ICW1 forgets edges that came
    /// before), and halts. LINT0 of the local APIC is as KVM resets it. The handler at 29 writes 0x99 to port 0x80.
    private var interruptible: [UInt8] {
      [
        0xb0, 0x11, 0xe6, 0x20,  // ICW1: edge, cascade, ICW4
        0xb0, 0x20, 0xe6, 0x21,  // ICW2: vectors from 0x20
        0xb0, 0x04, 0xe6, 0x21,  // ICW3
        0xb0, 0x01, 0xe6, 0x21,  // ICW4: 8086
        0xb0, 0xfd, 0xe6, 0x21,  // mask all but IRQ 1
        0xe6, 0x81,  // out 0x81, al
        0xfb, 0xf4, 0xeb, 0xfd,  // sti; hlt; jmp hlt
        0x90, 0x90, 0x90,
        0xb0, 0x99, 0xe6, 0x80, 0xf4,  // mov al, 0x99; out 0x80, al; hlt
      ]
    }
  }
}
