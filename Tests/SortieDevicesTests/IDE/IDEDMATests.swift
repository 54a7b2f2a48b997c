import Glibc
import SortieDevices
import Testing

/// DMA, by the tables and the status of *Programming Interface for Bus Master IDE Controller*, revision 1.0.
@Suite struct IDEDMATests {
  private func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 11 &+ $0 >> 8) }
  }

  /// Waits for the interrupt as a driver does, and stops the bus master.
  private func finish(_ ide: IDEFixture) -> UInt8 {
    #expect(ide.waitUntil { ide.busMasterStatus & 4 != 0 })
    ide.stopBusMaster()
    return ide.status
  }

  @Test(arguments: [0xc8, 0xc9] as [UInt8])
  func aReadIsScatteredOverTheRegions(code: UInt8) throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 100))
    ide.setTable([(0x2_0000, 2), (0x3_0200, 1534), (0x4_f000, 512)])
    ide.command(code, 5, count: 4)
    ide.startBusMaster(toMemory: true)
    #expect(finish(ide) == IDEFixture.ready)
    #expect(ide.busMasterStatus == 0x24, "not active: the regions are used up")
    let read =
      ide.memory(0x2_0000..<0x2_0002) + ide.memory(0x3_0200..<0x3_07fe) + ide.memory(0x4_f000..<0x4_f200)
    #expect(read == MemoryDisk.pattern(5..<9))
    #expect(ide.memory(0x2_0002..<0x2_0010) == [UInt8](repeating: 0, count: 14))
    #expect(ide.primary.levels == [true, false])
  }

  @Test(arguments: [0xca, 0xcb] as [UInt8])
  func aWriteIsGatheredFromTheRegions(code: UInt8) throws {
    let disk = MemoryDisk(sectors: 100)
    let ide = try IDEFixture(disk)
    ide.fill(0x2_0100..<0x2_0500, with: bytes(1024))
    ide.setTable([(0x2_0400, 256), (0x2_0100, 768)])
    ide.command(code, 60, count: 2)
    ide.startBusMaster(toMemory: false)
    #expect(finish(ide) == IDEFixture.ready)
    #expect(disk.sectors(60..<62) == ide.memory(0x2_0400..<0x2_0500) + ide.memory(0x2_0100..<0x2_0400))
    #expect(disk.sector(62) == MemoryDisk.pattern(62))
  }

  /// A count of zero is 64 KiB; the request is longer than the buffer.
  @Test func longExtendedTransfersGoInPieces() throws {
    let disk = MemoryDisk(sectors: 1024)
    let ide = try IDEFixture(disk)
    let regions = (0..<6).map { (address: UInt32(0x2_0000 + $0 * 0x1_0000), count: UInt32(0)) }
    ide.setTable(regions)
    ide.extendedCommand(0x25, 3, count: 768)
    ide.startBusMaster(toMemory: true)
    #expect(finish(ide) == IDEFixture.ready && ide.busMasterStatus == 0x24)
    #expect(ide.memory(0x2_0000..<0x8_0000) == MemoryDisk.pattern(3..<771))
    ide.fill(0x2_0000..<0x8_0000, with: bytes(0x6_0000))
    ide.busMasterStatus = 0x26
    ide.extendedCommand(0x35, 200, count: 768)
    ide.startBusMaster(toMemory: false)
    #expect(finish(ide) == IDEFixture.ready && ide.busMasterStatus == 0x24)
    #expect(disk.sectors(200..<968) == bytes(0x6_0000))
  }

  @Test func theBusMasterMayBeStartedBeforeTheCommand() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.setTable([(0x2_0000, 512)])
    ide.startBusMaster(toMemory: true)
    #expect(ide.busMasterStatus == 0x21)
    ide.command(0xc8, 1, count: 1)
    #expect(finish(ide) == IDEFixture.ready)
    #expect(ide.memory(0x2_0000..<0x2_0200) == MemoryDisk.pattern(1))
  }

  /// "Status Bit Interpretation": interrupt and active, the regions are larger than the transfer.
  @Test func aTableThatIsTooLongLeavesTheBusMasterActive() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.setTable([(0x2_0000, 1024)])
    ide.command(0xc8, 1, count: 1)
    ide.startBusMaster(toMemory: true)
    #expect(ide.waitUntil { ide.busMasterStatus == 0x25 })
    ide.stopBusMaster()
    #expect(ide.busMasterStatus == 0x24 && ide.status == IDEFixture.ready)
  }

  /// "Status Bit Interpretation": neither interrupt nor active, the regions are smaller than the transfer. The device waits.
  @Test func aTableThatIsTooShortStopsTheBusMasterUntilItIsStartedAnew() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.setTable([(0x2_0000, 700)])
    ide.command(0xc8, 1, count: 2)
    ide.startBusMaster(toMemory: true)
    #expect(ide.waitUntil { ide.busMasterStatus == 0x20 })
    #expect(ide.status == IDEFixture.busy && ide.primary.levels.isEmpty)
    ide.setTable([(0x3_0000, 324)])
    ide.stopBusMaster()
    ide.startBusMaster(toMemory: true)
    #expect(finish(ide) == IDEFixture.ready)
    #expect(ide.memory(0x2_0000..<0x2_02bc) + ide.memory(0x3_0000..<0x3_0144) == MemoryDisk.pattern(1..<3))
  }

  /// Regions that cross 64 KiB, lie outside RAM or start there.
  @Test(
    arguments: [(0x2_ff00, 512), (0x10_0000, 512), (0xf_ff00, 512), (0xffff_fffe, 2)] as [(UInt32, UInt32)])
  func aRegionThatIsNotAllowedIsAnError(address: UInt32, count: UInt32) throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.setTable([(0x2_0000, 512), (address, count)])
    ide.command(0xc8, 1, count: 2)
    ide.startBusMaster(toMemory: true)
    #expect(ide.waitUntil { ide.busMasterStatus == 0x22 })
    #expect(ide.status == IDEFixture.busy && ide.primary.levels.isEmpty)
    #expect(ide.memory(0x2_0000..<0x2_0200) == MemoryDisk.pattern(1), "what came before was moved")
    ide.busMasterStatus = 0x22
    #expect(ide.busMasterStatus == 0x20)
  }

  /// The lowest bit of an address is reserved, and so is that of a count.
  @Test func regionsBeginAtWordsAndHaveWholeWords() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.setTable([(0x2_0001, 511), (0x3_0000, 2)])
    ide.command(0xc8, 1, count: 1)
    ide.startBusMaster(toMemory: true)
    #expect(finish(ide) == IDEFixture.ready)
    #expect(ide.memory(0x2_0000..<0x2_01fe) + ide.memory(0x3_0000..<0x3_0002) == MemoryDisk.pattern(1))
  }

  @Test func aTableMayNotCross64KiBNorLieOutsideRAM() throws {
    for (table, moved) in [(0x1_fff8, 2), (0xf_fff8, 2)] {
      let ide = try IDEFixture(MemoryDisk(sectors: 8))
      ide.fill(0x2_0000..<0x2_0008, with: [0, 0, 4, 0, 0, 2, 0, 0x80])
      ide.fill(table..<table + 8, with: [0, 0, 3, 0, 2, 0, 0, 0])
      ide.output(ide.busMaster + 4, UInt32(table).littleEndianBytes)
      ide.command(0xc8, 1, count: 1)
      ide.startBusMaster(toMemory: true)
      #expect(ide.waitUntil { ide.busMasterStatus == 0x22 })
      #expect(ide.memory(0x3_0000..<0x3_0000 + moved) == Array(MemoryDisk.pattern(1).prefix(moved)))
    }
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.output(ide.busMaster + 4, UInt32(0xffff_fffc).littleEndianBytes)
    ide.command(0xca, 1, count: 1)
    ide.startBusMaster(toMemory: false)
    #expect(ide.waitUntil { ide.busMasterStatus == 0x22 })
  }

  @Test func aTableWithoutAnEndServesATransferThatEndsBeforeIt() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.setTable([(0x2_0000, 512), (0x3_0000, 512)], isEnded: false)
    ide.command(0xc8, 1, count: 2)
    ide.startBusMaster(toMemory: true)
    #expect(finish(ide) == IDEFixture.ready)
    #expect(ide.memory(0x3_0000..<0x3_0200) == MemoryDisk.pattern(2))
  }

  @Test func withoutTheBusMasterBitOrInTheWrongDirectionNothingMoves() throws {
    for (command, code) in [(0b001, 0xc8), (0b101, 0xca)] as [(UInt16, UInt8)] {
      let disk = MemoryDisk(sectors: 8)
      let ide = try IDEFixture(disk)
      ide.pci.write(command, 1, 0x04)
      ide.setTable([(0x2_0000, 512)])
      ide.command(code, 1, count: 1)
      ide.startBusMaster(toMemory: true)
      #expect(ide.waitUntil { ide.busMasterStatus == 0x22 })
      #expect(ide.memory(0x2_0000..<0x2_0200) == [UInt8](repeating: 0, count: 512))
      #expect(disk.sector(1) == MemoryDisk.pattern(1))
    }
  }

  @Test func theDirectionDoesNotChangeWhileItIsActive() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.startBusMaster(toMemory: true)
    ide.startBusMaster(toMemory: false)
    #expect(ide.input(ide.busMaster) == [0x09])
    ide.stopBusMaster()
    #expect(ide.input(ide.busMaster) == [0x08])
    ide.stopBusMaster()
    #expect(ide.input(ide.busMaster) == [0x00])
  }

  @Test func stoppingInTheMidstOfATransferStopsIt() throws {
    let disk = MemoryDisk(sectors: 8)
    let ide = try IDEFixture(disk)
    ide.setTable([(0x2_0000, 512)])
    disk.hold()
    ide.command(0xc8, 1, count: 1)
    ide.startBusMaster(toMemory: true)
    #expect(ide.waitUntil { disk.calls == 1 })
    ide.stopBusMaster()
    #expect(ide.busMasterStatus == 0x20)
    disk.letGo()
    usleep(20_000)
    #expect(ide.memory(0x2_0000..<0x2_0200) == [UInt8](repeating: 0, count: 512))
    #expect(ide.status == IDEFixture.busy)
    ide.startBusMaster(toMemory: true)
    #expect(finish(ide) == IDEFixture.ready)
    #expect(ide.memory(0x2_0000..<0x2_0200) == MemoryDisk.pattern(1))
  }
}
