import SortieDevices
import Testing

/// PIO data-in and data-out (ATA/ATAPI-6, sections 9.5 and 9.6).
@Suite struct IDEPIOTests {
  private static let offered = IDEFixture.ready | IDEFixture.dataRequest

  /// Takes what a read offers, block by block, each with its interrupt.
  private func takeBlocks(_ ide: IDEFixture, of sectors: [Int]) -> [UInt8] {
    var bytes: [UInt8] = []
    for count in sectors {
      #expect(ide.wait() == Self.offered)
      bytes += ide.readData(sectors: count)
    }
    #expect(ide.wait() == IDEFixture.ready)
    #expect(ide.primary.risingEdges == sectors.count, "an interrupt a block and none at the end")
    return bytes
  }

  /// Gives what a write asks for, block by block, each but the first with an interrupt, and one at the end.
  private func giveBlocks(_ ide: IDEFixture, _ bytes: [UInt8], of sectors: [Int]) {
    var rest = bytes[...]
    for (index, count) in sectors.enumerated() {
      #expect(ide.alternateStatus == Self.offered || ide.waitUntil { ide.alternateStatus == Self.offered })
      #expect(ide.primary.risingEdges == index)
      #expect(ide.status == Self.offered)
      ide.writeData(Array(rest.prefix(512 * count)))
      rest = rest.dropFirst(512 * count)
    }
    #expect(ide.wait() == IDEFixture.ready)
    #expect(ide.primary.risingEdges == sectors.count)
  }

  private func bytes(_ sectors: Int) -> [UInt8] {
    (0..<512 * sectors).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 9) }
  }

  @Test(arguments: [0x20, 0x21] as [UInt8])
  func readSectorsGivesOneSectorABlock(code: UInt8) throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 100))
    ide.command(code, 7, count: 3)
    #expect(takeBlocks(ide, of: [1, 1, 1]) == MemoryDisk.pattern(7..<10))
  }

  @Test func readMultipleGivesTheRestInAShorterBlock() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 100))
    ide.command(0xc4, 10, count: 37)
    #expect(takeBlocks(ide, of: [16, 16, 5]) == MemoryDisk.pattern(10..<47))
  }

  @Test func noSectorsAre256() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 300))
    ide.command(0xc6, count: 128)
    ide.wait()
    ide.command(0xc4, 44, count: 0)
    #expect(ide.wait() == Self.offered)
    var bytes = ide.readData(sectors: 128)
    #expect(ide.wait() == Self.offered)
    bytes += ide.readData(sectors: 128)
    #expect(ide.wait() == IDEFixture.ready)
    #expect(bytes == MemoryDisk.pattern(44..<300))
  }

  /// More than the buffer holds.
  @Test func aLongExtendedReadComesInPieces() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 1024))
    ide.extendedCommand(0x29, 100, count: 600)
    #expect(takeBlocks(ide, of: .init(repeating: 16, count: 37) + [8]) == MemoryDisk.pattern(100..<700))
    ide.extendedCommand(0x24, 1023, count: 1)
    #expect(ide.wait() == Self.offered)
    #expect(ide.readData() == MemoryDisk.pattern(1023))
  }

  @Test func anAddressOf48BitsIsReached() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 1 << 40))
    ide.extendedCommand(0x24, 1 << 40 - 1, count: 1)
    #expect(ide.wait() == Self.offered)
    #expect(ide.readData() == [UInt8](repeating: 0, count: 512))
    ide.extendedCommand(0x24, 1 << 40, count: 1)
    #expect(ide.wait() == IDEFixture.ready | IDEFixture.error && ide[1] == IDEFixture.notFound)
    #expect(ide.address == 1 << 40)
  }

  @Test(arguments: [0x30, 0x31] as [UInt8])
  func writeSectorsTakesOneSectorABlock(code: UInt8) throws {
    let disk = MemoryDisk(sectors: 100)
    let ide = try IDEFixture(disk)
    ide.command(code, 50, count: 3)
    giveBlocks(ide, bytes(3), of: [1, 1, 1])
    #expect(disk.sectors(50..<53) == bytes(3))
    #expect(disk.sector(49) == MemoryDisk.pattern(49) && disk.sector(53) == MemoryDisk.pattern(53))
    #expect(disk.flushes == 0)
  }

  @Test func writeMultipleTakesTheRestInAShorterBlock() throws {
    let disk = MemoryDisk(sectors: 100)
    let ide = try IDEFixture(disk)
    ide.command(0xc5, 1, count: 20)
    giveBlocks(ide, bytes(20), of: [16, 4])
    #expect(disk.sectors(1..<21) == bytes(20))
  }

  @Test(arguments: [0x34, 0x39] as [UInt8])
  func aLongExtendedWriteGoesInPieces(code: UInt8) throws {
    let disk = MemoryDisk(sectors: 1024)
    let ide = try IDEFixture(disk)
    ide.extendedCommand(code, 1, count: 513)
    let blocks = code == 0x34 ? [Int](repeating: 1, count: 513) : [Int](repeating: 16, count: 32) + [1]
    giveBlocks(ide, bytes(513), of: blocks)
    #expect(disk.sectors(1..<514) == bytes(513))
    #expect(disk.sector(514) == MemoryDisk.pattern(514))
  }

  @Test(arguments: [1, 2, 4, 8])
  func theDataPortTakesAnyWidth(elementSize: Int) throws {
    let disk = MemoryDisk(sectors: 8)
    let ide = try IDEFixture(disk)
    ide.command(0x30, 2, count: 1)
    ide.writeData(bytes(1), elementSize: elementSize)
    #expect(ide.wait() == IDEFixture.ready)
    ide.command(0x20, 2, count: 1)
    ide.wait()
    #expect(ide.readData(elementSize: elementSize) == bytes(1))
  }

  @Test func theDataPortTakesOneWordAtATime() throws {
    let disk = MemoryDisk(sectors: 8)
    let ide = try IDEFixture(disk)
    ide.command(0x20, 3, count: 2)
    #expect(ide.wait() == Self.offered)
    var read: [UInt8] = []
    for _ in 0..<256 { read += ide.input(0x1f0, size: 2) }
    #expect(ide.wait() == Self.offered)
    for _ in 0..<128 { read += ide.input(0x1f0, size: 4) }
    #expect(read == MemoryDisk.pattern(3..<5))
  }

  @Test func withoutADRQBlockTheDataPortMovesNothing() throws {
    let disk = MemoryDisk(sectors: 8)
    let ide = try IDEFixture(disk)
    ide.writeData([1, 2, 3, 4])
    #expect(ide.input(0x1f0, size: 4) == [0xff, 0xff, 0xff, 0xff])
    ide.command(0x20, 0, count: 1)
    #expect(ide.wait() == Self.offered)
    ide.writeData([UInt8](repeating: 0, count: 512))
    // The block, and what lies behind it.
    #expect(ide.readData(sectors: 2) == MemoryDisk.pattern(0) + [UInt8](repeating: 0xff, count: 512))
    #expect(disk.sector(0) == MemoryDisk.pattern(0))
  }

  @Test func theSlaveHasItsOwnSectors() throws {
    let slave = MemoryDisk(sectors: 16)
    let ide = try IDEFixture(MemoryDisk(sectors: 8), slave)
    ide.command(0x30, 9, count: 1, device: 1)
    giveBlocks(ide, bytes(1), of: [1])
    #expect(slave.sector(9) == bytes(1))
    ide.command(0x20, 9, count: 1, device: 0)
    #expect(ide.wait() == IDEFixture.ready | IDEFixture.error)
    ide[6] = 0xf0
    #expect(ide.status == IDEFixture.ready, "the error is the master's")
  }

  @Test func anotherCommandGivesUpADRQBlock() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8), MemoryDisk(sectors: 8))
    ide.command(0x20, 0, count: 2)
    ide.wait()
    _ = ide.input(0x1f0, size: 2)
    ide.command(0x20, 5, count: 1, device: 1)
    ide.wait()
    #expect(ide.readData() == MemoryDisk.pattern(5))
    ide[6] = 0xe0
    #expect(ide.status == IDEFixture.ready)
  }

  @Test func verifyReadsWithoutData() throws {
    let disk = MemoryDisk(sectors: 1024)
    let ide = try IDEFixture(disk)
    ide.extendedCommand(0x42, 0, count: 1000)
    #expect(ide.wait() == IDEFixture.ready && ide.primary.risingEdges == 1)
    #expect(disk.calls == 4)
    disk.breakSector(30)
    ide.command(0x40, 20, count: 20)
    #expect(ide.wait() == IDEFixture.ready | IDEFixture.error && ide[1] == IDEFixture.uncorrectable)
    #expect(ide.address & 0xff_ffff == 30)
  }
}
