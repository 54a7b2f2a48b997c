import SortieDevices
import Testing

@Suite struct IDEControllerTests {
  @Test func configurationSpaceIsThatOfThePIIX3() throws {
    let ide = try IDEFixture()
    #expect(ide.pci.read(1, 0x00, as: UInt32.self) == 0x7010_8086)
    #expect(ide.pci.read(1, 0x08, as: UInt32.self) == 0x0101_8000)
    #expect(ide.pci.size(1, bar: 4) == (flags: 1, size: 16))
    for bar in [0, 1, 2, 3, 5] { #expect(ide.pci.size(1, bar: bar) == (flags: 0, size: 0)) }
    #expect(ide.pci.read(1, 0x3d, as: UInt8.self) == 0, "no pin")
    #expect(ide.pci.capabilities(1).isEmpty)
  }

  @Test func theTimingRegistersKeepWhatIsWrittenAndBothChannelsStayDecoded() throws {
    let ide = try IDEFixture()
    for offset in [0x40, 0x42] {
      #expect(ide.pci.read(1, offset, as: UInt16.self) == 0x8000)
      ide.pci.write(UInt16(0x2377), 1, offset)
      #expect(ide.pci.read(1, offset, as: UInt16.self) == 0xa377)
    }
    ide.pci.write(UInt8(0x5a), 1, 0x44)
    #expect(ide.pci.read(1, 0x44, as: UInt8.self) == 0x5a)
  }

  @Test func theFixedPortsAreClaimedOnce() throws {
    let ide = try IDEFixture()
    let names = [(0x1f7, "ide0-primary"), (0x3f6, "ide0-primary"), (0x170, "ide0-secondary")]
    for (port, name) in names + [(0x376, "ide0-secondary")] {
      let slot = try #require(ide.pci.bus.lookupPort(UInt16(port)))
      #expect(ide.pci.bus.devices[Int(slot.device)].name == name)
    }
    for port in [0x1ef, 0x1f8, 0x3f5, 0x3f7, 0x178, 0x377] as [UInt16] {
      #expect(ide.pci.bus.lookupPort(port) == nil)
    }
    var builder = BusBuilder()
    try ide.controller.addPorts(to: &builder)
    #expect(throws: BusError.self) { try ide.controller.addPorts(to: &builder) }
  }

  @Test func aCableWithoutDevicesFloats() throws {
    let ide = try IDEFixture(nil, nil, MemoryDisk(sectors: 8))
    ide[2] = 0x55
    for register in 1..<8 as Range<UInt64> { #expect(ide[register] == 0x7f) }
    #expect(ide.alternateStatus == 0x7f)
    ide.command(0xec)
    #expect(ide.status == 0x7f)
    #expect(ide.primary.levels.isEmpty)
  }

  @Test func theChannelsHaveTheirOwnRegistersAndLines() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8), nil, MemoryDisk(sectors: 8))
    ide.useSecondary()
    ide.command(0xec)
    #expect(ide.alternateStatus == IDEFixture.ready | IDEFixture.dataRequest)
    #expect(ide.secondary.levels == [true] && ide.primary.levels.isEmpty)
    #expect(ide.busMasterStatus == 0x24)
    let other = ide.busMaster - 8
    #expect(ide.input(other + 2) == [0x20], "the other has no interrupt")
    ide.output(other, [0x09, 0, 0x20, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x04, 0, 0, 0x10, 0, 0])
    #expect(ide.input(other, size: 4) == [0x09, 0, 0x21, 0])
    #expect(ide.input(other + 4, size: 4) == [0xfc, 0xff, 0xff, 0xff], "bits 0 and 1 are reserved")
    #expect(ide.input(other + 8, size: 8) == [0, 0, 0, 0, 0, 0x10, 0, 0])
  }
}
