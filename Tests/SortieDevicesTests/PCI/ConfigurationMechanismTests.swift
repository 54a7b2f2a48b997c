import SortieDevices
import Testing

@Suite struct ConfigurationMechanismTests {
  private let pci: PCIFixture

  init() throws {
    pci = try PCIFixture([
      1: RecordingFunction("a", bars: [PCIBAR(0, .memory32, size: 4096, name: "a")], pin: 1, line: 10)
    ])
  }

  private func select(_ slot: Int, _ register: Int, enable: UInt32 = 1 << 31, bus: UInt32 = 0) {
    pci.bus.write(0xcf8, in: .port, (enable | bus << 16 | UInt32(slot << 11 | register)).littleEndianBytes)
  }

  private func data(_ offset: UInt64, count: Int) -> [UInt8] {
    pci.bus.read(0xcfc + offset, in: .port, count: count)
  }

  @Test func theAddressRegisterTakesDoublewordsOnly() {
    pci.bus.write(0xcf8, in: .port, [0x00, 0x00, 0x00, 0x80])
    #expect(pci.bus.read(0xcf8, in: .port, count: 4) == [0, 0, 0, 0x80])
    // How Linux looks for mechanism 1: a byte there must not change it.
    pci.bus.write(0xcfb, in: .port, [0x01])
    pci.bus.write(0xcf8, in: .port, [0x01, 0x01])
    #expect(pci.bus.read(0xcf8, in: .port, count: 4) == [0, 0, 0, 0x80])
    pci.bus.write(0xcf8, in: .port, [0xff, 0xff, 0xff, 0xff])
    #expect(pci.bus.read(0xcf8, in: .port, count: 4) == [0xfc, 0xff, 0xff, 0x80], "reserved bits stay zero")
  }

  @Test func bytesAndWordsReachTheirPartOfTheRegister() {
    select(1, 0)
    #expect(data(0, count: 4) == [0x34, 0x12, 0x78, 0x56])
    #expect(data(2, count: 2) == [0x78, 0x56])
    #expect(data(1, count: 1) == [0x12])
    #expect(data(1, count: 2) == [0x12, 0x78])
    select(1, 0x3c)
    pci.bus.write(0xcfc, in: .port, [0x0b])
    #expect(data(0, count: 2) == [0x0b, 1])
  }

  @Test func anAccessOverTheEndsKeepsItsPart() {
    select(1, 0)
    #expect(data(2, count: 4) == [0x78, 0x56, 0xff, 0xff])
    #expect(pci.bus.read(0xcfa, in: .port, count: 4) == [0xff, 0xff, 0x34, 0x12])
    select(1, 0x3c)
    pci.bus.write(0xcfa, in: .port, [1, 2, 3, 4])
    #expect(data(0, count: 2) == [3, 1])
  }

  @Test func nothingAnswersWithoutEnableOnOtherBusesAndFunctions() {
    select(1, 0, enable: 0)
    #expect(data(0, count: 4) == [0xff, 0xff, 0xff, 0xff])
    select(1, 0, bus: 1)
    #expect(data(0, count: 4) == [0xff, 0xff, 0xff, 0xff])
    select(1, 1 << 8)
    #expect(data(0, count: 4) == [0xff, 0xff, 0xff, 0xff])
    select(2, 0)
    #expect(data(0, count: 4) == [0xff, 0xff, 0xff, 0xff])
  }

  @Test func bothMechanismsSeeOneSpace() {
    select(1, 0x10)
    pci.bus.write(0xcfc, in: .port, [0x00, 0x50, 0x34, 0xd2])
    #expect(pci.read(1, 0x10, as: UInt32.self) == 0xd234_5000)
    pci.write(0xd300_0000 as UInt32, 1, 0x10)
    #expect(data(0, count: 4) == [0, 0, 0, 0xd3])
  }

  @Test func aMemoryAccessOverTwoFunctionsIsSplit() {
    let end = pci.address(1, 0xffc)
    #expect(pci.bus.read(end, in: .memory, count: 8) == [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])
    #expect(pci.bus.read(pci.address(0, 0) - 2, in: .memory, count: 4) == [0xff, 0xff, 0x86, 0x80])
    #expect(pci.read(1, 0x100, as: UInt32.self) == 0, "no extended capabilities")
  }

  @Test func theResetControlIsAByteInTheMiddle() {
    #expect(pci.bus.write(0xcf9, in: .port, [0x02]) == .none)
    #expect(pci.bus.read(0xcf9, in: .port, count: 1) == [0x02])
    #expect(pci.bus.write(0xcf8, in: .port, [0x06, 0x06]) == .none, "a word is no access to it")
    #expect(pci.bus.write(0xcf9, in: .port, [0x06]) == .reset)
  }
}
