import SortieDevices
import Testing

/// What a host learns of a command that fails (ATA/ATAPI-6, sections 7.9 and 7.15).
@Suite struct IDEErrorTests {
  private static let failed = IDEFixture.ready | IDEFixture.error

  @Test(arguments: [0x20, 0x30, 0x40, 0xc4, 0xc5, 0xc8, 0xca] as [UInt8])
  func sectorsBehindTheEndAreNotFound(code: UInt8) throws {
    let disk = MemoryDisk(sectors: 100)
    let ide = try IDEFixture(disk)
    for (address, count, first) in [(99, 2, 100), (100, 1, 100), (0xfff_ffff, 0, 0xfff_ffff)] {
      ide.command(code, UInt64(address), count: count)
      #expect(ide.wait() == Self.failed && ide[1] == IDEFixture.notFound)
      #expect(ide.address & 0xff_ffff | UInt64(ide[6] & 0xf) << 24 == UInt64(first))
    }
    #expect(disk.calls == 0)
    #expect(ide.primary.risingEdges == 3)
  }

  @Test func anAddressMustBeANumber() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 100))
    ide[6] = 0xa0
    ide[2] = 1
    ide[7] = 0x20
    #expect(ide.wait() == Self.failed && ide[1] == IDEFixture.aborted)
  }

  @Test func whatComesBeforeABadSectorIsRead() throws {
    let disk = MemoryDisk(sectors: 100)
    disk.breakSector(12)
    let ide = try IDEFixture(disk)
    ide.command(0x20, 10, count: 5)
    for sector in 10..<12 as Range<UInt64> {
      #expect(ide.wait() == IDEFixture.ready | IDEFixture.dataRequest)
      #expect(ide.readData() == MemoryDisk.pattern(sector))
    }
    #expect(ide.wait() == Self.failed && ide[1] == IDEFixture.uncorrectable)
    #expect(ide.address & 0xff_ffff == 12)
    #expect(ide.primary.risingEdges == 3)
  }

  @Test func aBlockWithABadSectorIsNotBegun() throws {
    let disk = MemoryDisk(sectors: 100)
    disk.breakSector(20)
    let ide = try IDEFixture(disk)
    ide.extendedCommand(0x29, 0, count: 40)
    #expect(ide.wait() == IDEFixture.ready | IDEFixture.dataRequest)
    #expect(ide.readData(sectors: 16) == MemoryDisk.pattern(0..<16))
    #expect(ide.wait() == Self.failed && ide[1] == IDEFixture.uncorrectable)
    #expect(ide.address == 20)
  }

  @Test func aBadSectorEndsADMARead() throws {
    let disk = MemoryDisk(sectors: 100)
    disk.breakSector(2)
    let ide = try IDEFixture(disk)
    ide.setTable([(0x2_0000, 2048)])
    ide.extendedCommand(0x25, 0, count: 4)
    ide.startBusMaster(toMemory: true)
    #expect(ide.waitUntil { ide.busMasterStatus == 0x25 }, "active: not all regions were used")
    #expect(ide.status == Self.failed && ide[1] == IDEFixture.uncorrectable && ide.address == 2)
    #expect(ide.memory(0x2_0000..<0x2_0400) == MemoryDisk.pattern(0..<2))
  }

  @Test(arguments: [0x30, 0xca] as [UInt8])
  func aSectorThatCannotBeWrittenAbortsTheWrite(code: UInt8) throws {
    let disk = MemoryDisk(sectors: 100)
    disk.breakSector(41)
    let ide = try IDEFixture(disk)
    ide.setTable([(0x2_0000, 2048)])
    ide.command(code, 40, count: 4)
    if code == 0x30 {
      for _ in 0..<4 { ide.writeData([UInt8](repeating: 0, count: 512)) }
    } else {
      ide.startBusMaster(toMemory: false)
    }
    #expect(ide.wait() == Self.failed && ide[1] == IDEFixture.aborted)
    #expect(ide.address & 0xff_ffff == 41)
    #expect(disk.sector(40) == [UInt8](repeating: 0, count: 512), "the sector before is written")
    #expect(disk.sector(42) == MemoryDisk.pattern(42))
  }

  @Test(arguments: [0x30, 0x34, 0x35, 0x39, 0xc5, 0xca] as [UInt8])
  func aReadOnlyDiskAbortsWrites(code: UInt8) throws {
    let disk = MemoryDisk(sectors: 8, isReadOnly: true)
    let ide = try IDEFixture(disk)
    ide.extendedCommand(code, 0, count: 1)
    #expect(ide.wait() == Self.failed && ide[1] == IDEFixture.aborted && ide.primary.risingEdges == 1)
    ide.command(0x20, 3, count: 1)
    ide.wait()
    #expect(ide.readData() == MemoryDisk.pattern(3))
  }

  @Test func multipleCommandsAreAbortedWhileTheirModeIsOff() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.command(0xc6, count: 0)
    #expect(ide.wait() == IDEFixture.ready)
    ide.command(0xc4, 0, count: 1)
    #expect(ide.wait() == Self.failed && ide[1] == IDEFixture.aborted)
  }

  @Test(arguments: [0xe7, 0xea] as [UInt8])
  func aFlushThatFailsIsAborted(code: UInt8) throws {
    let disk = MemoryDisk(sectors: 8)
    let ide = try IDEFixture(disk)
    ide.command(code)
    #expect(ide.wait() == IDEFixture.ready && disk.flushes == 1)
    disk.breakFlush()
    ide.command(code)
    #expect(ide.wait() == Self.failed && ide[1] == IDEFixture.aborted && ide.primary.risingEdges == 2)
  }

  @Test func withoutAWriteCacheEachWriteIsDurable() throws {
    let disk = MemoryDisk(sectors: 1024)
    let ide = try IDEFixture(disk)
    ide.command(0xef, features: 0x82)
    ide.wait()
    ide.setTable((2..<8).map { (address: UInt32($0 << 16), count: UInt32(0)) })
    ide.extendedCommand(0x35, 0, count: 768)
    ide.startBusMaster(toMemory: false)
    #expect(ide.wait() == IDEFixture.ready)
    #expect(disk.flushes == 1, "once a command")
    disk.breakFlush()
    ide.command(0x30, 0, count: 1)
    ide.writeData([UInt8](repeating: 0, count: 512))
    #expect(ide.wait() == Self.failed && ide[1] == IDEFixture.aborted)
  }
}
