import SortieDevices
import Testing

/// When the line is up (ATA/ATAPI-6, section 5.2.9).
@Suite struct IDEInterruptTests {
  @Test func statusEndsAnInterruptAndAlternateStatusDoesNot() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.command(0xec)
    #expect(ide.primary.level)
    _ = ide.alternateStatus
    #expect(ide.primary.level)
    _ = ide.status
    #expect(ide.primary.levels == [true, false])
  }

  @Test func aCommandEndsTheInterruptOfTheOneBefore() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.command(0xe5)
    #expect(ide.primary.level)
    ide.command(0x30, 0, count: 1)
    #expect(ide.primary.levels == [true, false], "the first block of a write makes no interrupt")
  }

  @Test(arguments: [0xe5, 0xec, 0xef, 0x90] as [UInt8])
  func aCommandThatIsDoneAtOnceMakesAnEdgeOfItsOwn(command: UInt8) throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.command(0xe5)
    ide.command(command)
    #expect(ide.primary.levels == [true, false, true])
  }

  @Test func nIENHoldsTheLineDownAndForgetsNothing() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.alternateStatus = 0x02
    ide.command(0xec)
    #expect(ide.primary.levels.isEmpty && ide.busMasterStatus & 4 == 0)
    ide.alternateStatus = 0
    #expect(ide.primary.levels == [true] && ide.busMasterStatus & 4 == 4)
    ide.alternateStatus = 0x02
    #expect(ide.primary.levels == [true, false])
    _ = ide.status
    ide.alternateStatus = 0
    #expect(ide.primary.levels == [true, false], "status was read")
  }

  @Test func onlyTheSelectedDeviceDrivesTheLine() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8), MemoryDisk(sectors: 8))
    ide.command(0xec, device: 1)
    #expect(ide.primary.level)
    ide[6] = 0xe0
    #expect(!ide.primary.level)
    _ = ide.status
    ide[6] = 0xf0
    #expect(ide.primary.level, "the other device's status was read")
    _ = ide.status
    #expect(!ide.primary.level)
  }

  /// *Programming Interface for Bus Master IDE Controller*, status register: the rising edge sets the bit, and writing
  /// one clears it whatever the line is.
  @Test func theBusMasterNotesTheEdgeOfEveryInterrupt() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.command(0xec)
    #expect(ide.busMasterStatus == 0x24)
    _ = ide.status
    #expect(ide.busMasterStatus == 0x24)
    ide.busMasterStatus = 0x20
    #expect(ide.busMasterStatus == 0x24, "zero does not clear it")
    ide.command(0xec)
    ide.busMasterStatus = 0x44
    #expect(ide.busMasterStatus == 0x40 && ide.primary.level)
  }
}
