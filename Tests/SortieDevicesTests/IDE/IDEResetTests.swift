import Glibc
import SortieDevices
import Testing

/// Resets, selection of devices that are not there, power (ATA/ATAPI-6, sections 9.2, 9.10, 9.12 and 9.16).
@Suite struct IDEResetTests {
  private func signature(_ ide: IDEFixture) -> [UInt8] { (1..<7).map { ide[$0] } }

  @Test func aSoftwareResetShowsTheSignatureOfADisk() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8), MemoryDisk(sectors: 8))
    #expect(signature(ide) == [1, 1, 1, 0, 0, 0], "as after power on")
    ide.command(0xec, 0x1234567, count: 9, device: 1)
    ide.alternateStatus = 0x04
    #expect(ide.status == IDEFixture.busy && !ide.primary.level)
    ide[2] = 0x55
    ide.alternateStatus = 0
    #expect(ide.status == IDEFixture.ready)
    #expect(signature(ide) == [1, 1, 1, 0, 0, 0])
    ide[6] = 0x10
    #expect(ide.status == IDEFixture.ready)
    #expect(signature(ide) == [1, 1, 1, 0, 0, 0x10])
  }

  @Test(arguments: [0x20, 0x25, 0x34, 0x35, 0xe7] as [UInt8])
  func aResetWaitsForTheDiskAndEndsTheCommand(code: UInt8) throws {
    let disk = MemoryDisk(sectors: 1024)
    let ide = try IDEFixture(disk)
    disk.hold()
    ide.setTable((2..<8).map { (address: UInt32($0 << 16), count: UInt32(0)) })
    ide.extendedCommand(code, 0, count: 300)
    if code == 0x34 { ide.writeData([UInt8](repeating: 0xee, count: 256 * 512)) }
    ide.startBusMaster(toMemory: code == 0x25)
    #expect(ide.waitUntil { disk.calls == 1 })
    ide.alternateStatus = 0x04
    ide.alternateStatus = 0x00
    #expect(ide.status == IDEFixture.busy)
    ide[7] = 0xec
    disk.letGo()
    #expect(ide.wait() == IDEFixture.ready)
    #expect(signature(ide) == [1, 1, 1, 0, 0, 0])
    #expect(disk.calls == 1 && !ide.primary.level, "no more of the command is done")
    #expect(ide.memory(0x2_0000..<0x2_0200) == [UInt8](repeating: 0, count: 512))
    ide.command(0x20, 900, count: 1)
    ide.wait()
    #expect(ide.readData() == MemoryDisk.pattern(900))
  }

  @Test func aResetEndsAWaitForTheBusMaster() throws {
    let disk = MemoryDisk(sectors: 8)
    let ide = try IDEFixture(disk)
    ide.command(0xc8, 0, count: 1)
    #expect(ide.waitUntil { disk.calls == 1 })
    #expect(ide.status == IDEFixture.busy)
    ide.alternateStatus = 0x04
    ide.alternateStatus = 0x00
    #expect(ide.wait() == IDEFixture.ready)
    ide.setTable([(0x2_0000, 512)])
    ide.startBusMaster(toMemory: true)
    #expect(ide.busMasterStatus == 0x21 && ide.status == IDEFixture.ready)
  }

  @Test func aBusyDeviceHearsNoCommandAndNoRegister() throws {
    let disk = MemoryDisk(sectors: 100)
    let ide = try IDEFixture(disk)
    disk.hold()
    ide.command(0x20, 7, count: 1)
    ide.command(0xec, 9, count: 5)
    #expect(ide.status == IDEFixture.busy)
    disk.letGo()
    #expect(ide.wait() == IDEFixture.ready | IDEFixture.dataRequest)
    #expect(ide.readData() == MemoryDisk.pattern(7))
    #expect(ide[2] == 1 && ide[3] == 7)
  }

  @Test func theMasterAnswersForASlaveThatIsNotThere() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide[6] = 0xb0
    #expect(ide.status == 0 && ide.alternateStatus == 0)
    #expect(ide[2] == 1 && ide[3] == 1)
    ide[7] = 0xec
    #expect(ide.status == 0 && ide.primary.levels.isEmpty)
    ide[6] = 0xa0
    #expect(ide.status == IDEFixture.ready)
  }

  @Test func nobodyAnswersForAMasterThatIsNotThere() throws {
    let ide = try IDEFixture(nil, MemoryDisk(sectors: 8))
    #expect(ide.status == 0x7f && ide[2] == 0x7f)
    ide[6] = 0xb0
    #expect(ide.status == IDEFixture.ready)
  }

  @Test func theDiagnosticIsOfBothDevices() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8), MemoryDisk(sectors: 8))
    ide.command(0x90, 0x55, count: 5, device: 1)
    #expect(ide.primary.level)
    #expect(ide.wait() == IDEFixture.ready)
    #expect(signature(ide) == [1, 1, 1, 0, 0, 0])
  }

  @Test func theHighOrderByteIsWhatWasWrittenBefore() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    for register in 2...5 as ClosedRange<UInt64> {
      ide[register] = UInt8(register) << 4
      ide[register] = UInt8(register)
    }
    ide.alternateStatus = 0x80
    #expect((2...5).map { ide[$0] } == [0x20, 0x30, 0x40, 0x50])
    ide[6] = 0xe0
    #expect((2...5).map { ide[$0] } == [2, 3, 4, 5], "a write to the command block clears HOB")
  }

  @Test func checkPowerModeSaysHowMuchIsAwake() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    func mode() -> UInt8 {
      ide.command(0xe5)
      #expect(ide.wait() == IDEFixture.ready)
      return ide[2]
    }
    #expect(mode() == 0xff)
    for (code, expected) in [(0xe0, 0), (0xe1, 0x80), (0xe2, 0), (0xe3, 0x80)] as [(UInt8, UInt8)] {
      ide.command(code)
      #expect(ide.wait() == IDEFixture.ready)
      #expect(mode() == expected)
    }
    ide.command(0x40, 0, count: 1)
    ide.wait()
    #expect(mode() == 0xff, "the disk was needed")
  }

  @Test func onlyAResetWakesADeviceThatSleeps() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.command(0xe6)
    #expect(ide.wait() == IDEFixture.ready)
    ide.command(0xec)
    #expect(ide.wait() == IDEFixture.ready && !ide.primary.level)
    ide.alternateStatus = 0x04
    ide.alternateStatus = 0x00
    ide.command(0xec)
    #expect(ide.wait() == IDEFixture.ready | IDEFixture.dataRequest)
  }

  @Test func afterStopNothingTouchesMemoryDiskOrLine() throws {
    let disk = MemoryDisk(sectors: 1024)
    let ide = try IDEFixture(disk)
    ide.setTable((2..<8).map { (address: UInt32($0 << 16), count: UInt32(0)) })
    ide.extendedCommand(0x25, 0, count: 768)
    ide.startBusMaster(toMemory: true)
    ide.controller.stop()
    let (calls, memory, levels) = (disk.calls, ide.memory(0x2_0000..<0x8_0000), ide.primary.levels)
    usleep(20_000)
    #expect(disk.calls == calls && ide.memory(0x2_0000..<0x8_0000) == memory && ide.primary.levels == levels)
    ide.controller.stop()
  }
}
