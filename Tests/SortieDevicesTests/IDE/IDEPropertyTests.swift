import SortieDevices
import Testing

/// A hostile guest at all ports of the controller, while the disks work.
@Suite struct IDEPropertyTests {
  /// Whatever it did, the line was told of changes only, the disks of sectors that they have (``MemoryDisk`` traps), and
  /// a reset brings the disks back.
  @Test(arguments: 0..<6 as Range<UInt64>)
  func aResetBringsTheDiskBackFromAnything(seed: UInt64) throws {
    var random = RandomSource(seed: seed)
    let disk = MemoryDisk(sectors: 600)
    disk.breakSector(77)
    let ide = try IDEFixture(disk, seed % 2 == 0 ? MemoryDisk(sectors: 40, isReadOnly: true) : nil)
    for _ in 0..<20_000 { step(ide, &random) }
    ide.pci.write(UInt16(0b101), 1, 0x04)
    ide.alternateStatus = 0x04
    ide.alternateStatus = 0x00
    #expect(ide.wait() == IDEFixture.ready, "seed \(seed)")
    ide.command(0xec)
    #expect(ide.wait() == IDEFixture.ready | IDEFixture.dataRequest)
    #expect(ide.readData().reduce(0, &+) == 0)
    ide.stopBusMaster()
    ide.setTable([(0x2_0000, 512)])
    ide.command(0xc8, 78, count: 1)
    ide.startBusMaster(toMemory: true)
    #expect(ide.wait() == IDEFixture.ready)
    #expect(ide.memory(0x2_0000..<0x2_0200) == disk.sector(78))
    ide.controller.stop()
    #expect(ide.primary.alternates)
    #expect(disk.calls > 100, "the walk reaches the disk")
  }

  private static let commands: [UInt8] = [
    0x20, 0x24, 0x25, 0x29, 0x30, 0x34, 0x35, 0x39, 0x40, 0xc4, 0xc5, 0xc6, 0xc8, 0xca, 0xe7, 0xec, 0xef,
  ]

  private func step(_ ide: IDEFixture, _ random: inout RandomSource) {
    let byte = UInt8.random(in: 0...255, using: &random)
    switch Int.random(in: 0..<20, using: &random) {
    case 0: ide.alternateStatus = byte & (byte & 1 == 0 ? 0x82 : 0x86)
    case 1: ide.alternateStatus = 0
    case 2: ide[.random(in: 0..<8, using: &random)] = byte
    case 3: _ = ide[.random(in: 0..<8, using: &random)]
    case 4: ide.output(ide.busMaster + .random(in: 0..<8, using: &random), [byte])
    case 5: ide.output(ide.busMaster + .random(in: 0..<13, using: &random), [byte, 0x10, 0, 0])
    case 6: ide.writeData([UInt8](repeating: byte, count: 4096), elementSize: Int(byte % 5))
    case 7: _ = ide.readData(sectors: 8, elementSize: Int(byte % 5))
    case 8: ide.pci.write(UInt16(byte & 0b101), 1, 0x04)
    case 9...11: ide.pci.write(UInt16(0b101), 1, 0x04)
    case 12...14: command(ide, &random)
    default:
      ide.stopBusMaster()
      ide.setTable(
        (0..<Int(byte % 4 + 1)).map { _ in
          (.random(in: 0..<0x12_0000, using: &random), .random(in: 0..<0x1_0000, using: &random))
        }, isEnded: byte < 128)
      ide.startBusMaster(toMemory: byte & 1 == 0)
    }
  }

  private func command(_ ide: IDEFixture, _ random: inout RandomSource) {
    let code =
      Bool.random(using: &random)
      ? .random(in: 0...255, using: &random) : Self.commands.randomElement(using: &random) ?? 0
    let address = UInt64.random(in: 0..<650, using: &random)
    let count = Int.random(in: 0..<300, using: &random)
    if Bool.random(using: &random) {
      ide.extendedCommand(code, address, count: count)
    } else {
      ide.command(code, address, count: count, device: .random(in: 0...1, using: &random), features: 0x82)
    }
  }
}
