import SortieDevices
import Testing

@Suite struct MovingBARTests {
  private let first = RecordingFunction(
    "first",
    bars: [
      PCIBAR(0, .memory32, size: 0x1000, name: "first"), PCIBAR(1, .ports, size: 16, name: "first-ports"),
    ])
  private let second = RecordingFunction("second", bars: [PCIBAR(2, .memory64, size: 0x4000, name: "second")])
  private let pci: PCIFixture

  init() throws { pci = try PCIFixture([1: first, 2: second]) }

  private func place(_ address: UInt64, _ slot: Int, bar: Int) {
    pci.write(UInt32(truncatingIfNeeded: address), slot, 0x10 + 4 * bar)
    if slot == 2 { pci.write(UInt32(address >> 32), slot, 0x14 + 4 * bar) }
  }

  private func enable(_ slot: Int, _ bits: UInt16 = 7) { pci.write(bits, slot, 4) }

  private func owner(_ address: UInt64) -> String? {
    pci.bus.lookupMemory(address).map { pci.bus.devices[Int($0.device)].name }
  }

  @Test func aRegisterAnswersOnceItIsEnabled() throws {
    place(0xd100_0000, 1, bar: 0)
    #expect(owner(0xd100_0000) == nil)
    enable(1, 1)
    #expect(owner(0xd100_0000) == nil, "ports are not memory")
    enable(1, 2)
    let slot = try #require(pci.bus.lookupMemory(0xd100_0804))
    #expect(owner(0xd100_0804) == "first" && slot.offset == 0x804 && slot.room == 0x7fc)
    #expect(pci.bus.read(0xd100_0804, in: .memory, count: 2) == [0x04, 0x04])
    #expect(first.accesses == [.init(bar: 0, offset: 0x804, count: 2)])
    enable(1, 0)
    #expect(pci.bus.read(0xd100_0804, in: .memory, count: 2) == [0xff, 0xff])
  }

  @Test func aRegisterLeavesNothingWhereItWas() {
    enable(2)
    place(0xd000_8000, 2, bar: 2)
    #expect(owner(0xd000_8000) == "second")
    place(0x2_0000_0000, 2, bar: 2)
    #expect(owner(0xd000_8000) == nil && owner(0x2_0000_3fff) == "second" && owner(0x2_0000_4000) == nil)
  }

  @Test func portsMoveToo() {
    place(0xc100, 1, bar: 1)
    enable(1, 1)
    #expect(pci.bus.read(0xc10c, in: .port, count: 4) == [0x1c, 0x1c, 0x1c, 0x1c])
    place(0xcf0, 1, bar: 1)
    #expect(pci.bus.lookupPort(0xc10c) == nil)
    #expect(pci.bus.read(0xcf0, in: .port, count: 1) == [0], "what was there first still answers")
    place(0xdead_c100, 1, bar: 1)
    #expect(pci.bus.lookupPort(0xc10c) == nil, "a port register decodes 32 bits")
  }

  @Test func outsideTheWindowsARegisterDoesNotAnswer() {
    enable(1)
    for address in [0, 0x10_0000, 0xcfff_f000, 0xe000_0000, 0xfee0_0000] as [UInt64] {
      place(address, 1, bar: 0)
      #expect(owner(address) != "first")
    }
    enable(2)
    place(0x5_0000_0000, 2, bar: 2)
    #expect(owner(0x5_0000_0000) == nil)
    place(0xffff_ffff_ffff_c000, 2, bar: 2)
    #expect(pci.bus.lookupMemory(.max) == nil)
  }

  @Test func theLowerSlotHidesTheOther() throws {
    place(0xd200_1000, 1, bar: 0)
    place(0xd200_0000, 2, bar: 2)
    enable(1)
    enable(2)
    #expect(owner(0xd200_0fff) == "second" && owner(0xd200_1000) == "first" && owner(0xd200_2000) == "second")
    #expect(try #require(pci.bus.lookupMemory(0xd200_0ffe)).room == 2, "up to the one in the lower slot")
    #expect(pci.bus.read(0xd200_0ffe, in: .memory, count: 4) == [0x2e, 0x2e, 0x00, 0x00])
    enable(1, 0)
    #expect(owner(0xd200_1000) == "second")
  }

  @Test func theMachineHearsOfEachMove() {
    place(0xd100_0000, 1, bar: 0)
    #expect(pci.takeMoves().isEmpty, "not enabled")
    enable(1, 2)
    #expect(pci.takeMoves() == [.init(function: "first", bar: 0, from: nil, to: 0xd100_0000)])
    enable(1, 6)
    #expect(pci.takeMoves().isEmpty)
    place(0xd300_0000, 1, bar: 0)
    #expect(pci.takeMoves() == [.init(function: "first", bar: 0, from: 0xd100_0000, to: 0xd300_0000)])
    place(0, 1, bar: 0)
    #expect(pci.takeMoves() == [.init(function: "first", bar: 0, from: 0xd300_0000, to: nil)])
    place(0x1000, 1, bar: 0)
    enable(1, 0)
    #expect(pci.takeMoves().isEmpty, "from nowhere to nowhere")
  }

  @Test func claimsFollowTheRegisters() {
    place(0x3_0000_0000, 2, bar: 2)
    #expect(pci.bridge.claims[2].range == 0x3_0000_0000..<0x3_0000_4000)
    place(0xffff_ffff_ffff_c000, 2, bar: 2)
    #expect(pci.bridge.claims.count == 2, "the last addresses make no range")
  }
}
