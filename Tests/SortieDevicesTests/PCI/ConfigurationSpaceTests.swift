import SortieDevices
import Testing

@Suite struct ConfigurationSpaceTests {
  private func read(_ space: ConfigurationSpace, _ offset: Int, _ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0x55, count: count)
    bytes.withUnsafeMutableBytes { space.read(offset: offset, into: $0) }
    return bytes
  }

  private func write(_ space: inout ConfigurationSpace, _ offset: Int, _ bytes: [UInt8]) {
    bytes.withUnsafeBytes { space.write(offset: offset, from: $0) }
  }

  @Test func onlyWritableBitsChange() {
    var space = ConfigurationSpace()
    space.set(0x1234_5678 as UInt32, at: 0x40)
    space.allowWriting(0x00ff_0f00 as UInt32, at: 0x40)
    write(&space, 0x40, [0xff, 0xff, 0xff, 0xff])
    #expect(space.value(at: 0x40, as: UInt32.self) == 0x12ff_5f78)
    write(&space, 0x41, [0, 0, 0])
    #expect(space.value(at: 0x40, as: UInt32.self) == 0x1200_5078)
  }

  @Test func writingOneClearsAnErrorAndWritingZeroKeepsIt() {
    var space = ConfigurationSpace()
    space.allowClearing(0xf900 as UInt16, at: 6)
    space.set(0x3010 as UInt16, at: 6)
    write(&space, 6, [0xff, 0x00])
    #expect(space.value(at: 6, as: UInt16.self) == 0x3010)
    write(&space, 6, [0xff, 0x20])
    #expect(space.value(at: 6, as: UInt16.self) == 0x1010)
  }

  @Test func capabilitiesAreAlignedAndLinkedInOrder() {
    var space = ConfigurationSpace()
    #expect(space.value(at: 6, as: UInt16.self) == 0)
    #expect(space.append(PCICapability(id: 9, body: [1, 2, 3], writable: [0, 0xf0])) == 0x40)
    #expect(space.append(PCICapability(id: 0x11, body: [4, 5])) == 0x48)
    #expect(space.value(at: 6, as: UInt16.self) == 0x10)
    #expect(read(space, 0x34, 1) == [0x40])
    #expect(read(space, 0x40, 12) == [9, 0x48, 1, 2, 3, 0, 0, 0, 0x11, 0, 4, 5])
    write(&space, 0x40, [UInt8](repeating: 0xff, count: 12))
    #expect(read(space, 0x40, 12) == [9, 0x48, 1, 0xf2, 3, 0, 0, 0, 0x11, 0, 4, 5])
  }

  @Test func whatLiesOutsideReadsAllOnesAndIsNotWritten() {
    var space = ConfigurationSpace()
    space.allowWriting(UInt8.max, at: 4095)
    write(&space, 4095, [1, 2])
    #expect(read(space, 4094, 4) == [0, 1, 0xff, 0xff])
    for offset in [-1, 4096, .max, .min] {
      write(&space, offset, [1, 2])
      #expect(read(space, offset, 1) == [0xff])
    }
  }
}
