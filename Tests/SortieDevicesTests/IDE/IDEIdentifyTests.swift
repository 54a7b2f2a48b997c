import SortieDevices
import Testing

@Suite struct IDEIdentifyTests {
  private func identify(_ ide: IDEFixture, device: UInt8 = 0) -> [UInt16] {
    ide.command(0xec, device: device)
    #expect(ide.wait() == IDEFixture.ready | IDEFixture.dataRequest)
    let bytes = ide.readData()
    #expect(ide.status == IDEFixture.ready)
    #expect(bytes.reduce(0, &+) == 0 && bytes[510] == 0xa5, "the integrity word")
    return stride(from: 0, to: 512, by: 2).map { UInt16(bytes[$0 + 1]) << 8 | UInt16(bytes[$0]) }
  }

  private func text(_ words: ArraySlice<UInt16>) -> String {
    String(decoding: words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }, as: UTF8.self)
  }

  private func number(_ words: ArraySlice<UInt16>) -> UInt64 {
    words.reversed().reduce(0) { $0 << 16 | UInt64($1) }
  }

  @Test func theDiskSaysWhatItIs() throws {
    let ide = try IDEFixture(nil, MemoryDisk(sectors: 5_000))
    let words = identify(ide, device: 1)
    #expect(words[0] & 0x8000 == 0, "an ATA device")
    #expect(text(words[10..<20]) == "serial-1            ")
    #expect(text(words[23..<27]) == "1.0     ")
    #expect(text(words[27..<47]) == "Sortie IDE Disk                         ")
    #expect(words[47] == 0x8080 && words[59] == 0x0110, "up to 128 sectors a block, 16 at first")
    #expect(words[49] & 0x0300 == 0x0300, "LBA and DMA")
    #expect([words[1], words[3], words[6]] == [4, 16, 63])
    #expect(number(words[57..<59]) == 4 * 16 * 63)
    #expect(number(words[60..<62]) == 5_000 && number(words[100..<104]) == 5_000)
    #expect(words[53] & 7 == 7 && words[63] == 0x0407 && words[64] == 3 && words[88] == 0x003f)
    #expect(words[80] & 0x40 != 0, "ATA/ATAPI-6")
    #expect(words[83] & 0xf400 == 0x7400 && words[86] & 0x3400 == 0x3400, "LBA48, FLUSH CACHE (EXT)")
    #expect(words[82] & 0x60 == 0x60 && words[85] & 0x60 == 0x60, "write cache and look-ahead")
    #expect(words[93] & 0xe000 == 0x6000, "80 wires")
  }

  @Test func aLargeDiskHasMoreSectorsThan28BitsCanSay() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 1 << 34))
    let words = identify(ide)
    #expect(number(words[60..<62]) == 0x0fff_ffff && number(words[100..<104]) == 1 << 34)
    #expect(words[1] == 16383)
  }

  @Test func settingsShowInTheData() throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    for (feature, count) in [(0x82, 0), (0x55, 0), (0x03, 0x45)] as [(UInt8, Int)] {
      ide.command(0xef, count: count, features: feature)
      #expect(ide.wait() == IDEFixture.ready)
    }
    ide.command(0xc6, count: 0)
    var words = identify(ide)
    #expect(words[85] & 0x60 == 0 && words[82] & 0x60 == 0x60)
    #expect(words[63] == 0x0007 && words[88] == 0x203f && words[59] == 0)
    for (feature, count) in [(0x02, 0), (0xaa, 0), (0x03, 0x21), (0x03, 0x0c)] as [(UInt8, Int)] {
      ide.command(0xef, count: count, features: feature)
    }
    ide.command(0xc6, count: 128)
    words = identify(ide)
    #expect(words[85] & 0x60 == 0x60)
    #expect(words[63] == 0x0207 && words[88] == 0x003f && words[59] == 0x0180)
  }

  @Test(arguments: [0x03, 0x0d, 0x10, 0x23, 0x46, 0xff])
  func aTransferModeThatTheDiskHasNotIsAborted(mode: Int) throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.command(0xef, count: mode, features: 0x03)
    #expect(ide.wait() == IDEFixture.ready | IDEFixture.error && ide[1] == IDEFixture.aborted)
  }

  /// NOP, DEVICE RESET, IDENTIFY PACKET DEVICE, PACKET, SMART, SET MULTIPLE MODE with 3 sectors.
  @Test(arguments: [0x00, 0x08, 0xa1, 0xa0, 0xb0, 0xc6] as [UInt8])
  func whatIsNoCommandOfADiskIsAborted(code: UInt8) throws {
    let ide = try IDEFixture(MemoryDisk(sectors: 8))
    ide.command(code, count: 3)
    #expect(ide.primary.level)
    #expect(ide.wait() == IDEFixture.ready | IDEFixture.error && ide[1] == IDEFixture.aborted)
    ide.command(0x91, count: 63)
    #expect(ide.wait() == IDEFixture.ready && ide[1] == 0, "the next command clears the error")
  }
}
