import DeviceFixtures
import SortieDevices
import Testing

/// Registers after reset and under a driver's hands (Intel 317453-006, chapter 13).
@Suite struct E1000RegisterTests {
  typealias Card = E1000Fixture
  private let card: E1000Fixture

  init() throws { card = try E1000Fixture() }

  // MARK: PCI

  @Test func configurationSpaceSaysWhatItIs() {
    #expect(card.pci.read(Card.slot, 0, as: UInt32.self) == 0x100e_8086)
    #expect(card.pci.read(Card.slot, 8, as: UInt32.self) == 0x0200_0002)
    #expect(card.pci.read(Card.slot, 0x2c, as: UInt32.self) == 0x001e_8086)
    #expect(card.pci.read(Card.slot, 0x3c, as: UInt16.self) == 0x010b, "INTA, line 11")
    #expect(card.pci.size(Card.slot, bar: 0) == (0, 0x2_0000))
    #expect(card.pci.size(Card.slot, bar: 1) == (1, 64))
  }

  @Test func portsReachTheRegisters() {
    card.write(0, bar: 1, UInt32(Card.vet).littleEndianBytes)
    card.write(4, bar: 1, UInt32(0x8100).littleEndianBytes)
    #expect(card[Card.vet] == 0x8100)
    #expect(card.read(0, bar: 1, count: 4).littleEndian() == UInt32(Card.vet))
    #expect(card.read(4, bar: 1, count: 4).littleEndian() == 0x8100 as UInt32)
    card.write(4, bar: 1, [1, 2])
    #expect(card[Card.vet] == 0x8100, "doublewords only")
    card.write(0, bar: 1, UInt32(0x8_0000).littleEndianBytes)
    #expect(card.read(4, bar: 1, count: 4) == [0xff, 0xff, 0xff, 0xff], "no flash")
  }

  /// Sections 13.2.1.2.1 to 13.2.1.2.3.
  @Test func portsReadInParts() {
    card[Card.ral + 8] = 0x4433_2211
    card.write(0, bar: 1, UInt32(0xfff0_0000 + Card.ral + 8).littleEndianBytes)
    #expect(card.read(0, bar: 1, count: 4).littleEndian() == UInt32(Card.ral + 8), "bits 31 to 20 are zero")
    #expect(card.read(1, bar: 1, count: 1) == [0x54])
    #expect(card.read(4, bar: 1, count: 2) == [0x11, 0x22])
    #expect(card.read(7, bar: 1, count: 1) == [0x44])
    #expect(card.read(3, bar: 1, count: 2) == [0, 0x11], "the end of one and the beginning of the other")
    #expect(card.read(8, bar: 1, count: 4) == [0xff, 0xff, 0xff, 0xff], "reserved")
  }

  @Test func smallAccessesReadAPartAndWriteNothing() {
    card[Card.ral + 8] = 0x4433_2211
    #expect(card.read(UInt64(Card.ral) + 9, bar: 0, count: 2) == [0x22, 0x33])
    card.write(UInt64(Card.ral) + 8, bar: 0, [0xaa])
    card.write(UInt64(Card.ral) + 9, bar: 0, [0xaa, 0xaa, 0xaa, 0xaa])
    #expect(card[Card.ral + 8] == 0x4433_2211)
    card.write(UInt64(Card.ral) + 8, bar: 0, [1, 0, 0, 0, 2, 0, 0, 0])
    #expect(card[Card.ral + 8] == 1 && card[Card.rah + 8] == 2)
  }

  // MARK: Reset

  @Test func resetLeavesTheAddressAndClearsTheRest() throws {
    #expect(card[Card.ral] == 0x1200_5452)
    #expect(card[Card.rah] == 0x8000_5634)
    #expect(card[Card.pba] == 0x0010_0030)
    #expect(card[Card.status] & 0x3c3 == 0x281, "1000 Mb/s, full duplex, no link yet")
    try card.start()
    card[Card.ral] = 7
    card[Card.ims] = 0x1f
    card[Card.itr] = 100
    card[Card.mta + 4] = 1
    card[Card.ctrl] = card[Card.ctrl] | Card.reset
    #expect(card[Card.ctrl] & (Card.reset | Card.setLinkUp) == 0)
    #expect(card[Card.ral] == 0x1200_5452)
    for register in [Card.ims, Card.itr, Card.rctl, Card.tctl, Card.tdt, Card.rdt, Card.rdlen, Card.icr] {
      #expect(card[register] == 0, "register \(register)")
    }
  }

  /// What Linux' driver tries with `ethtool -t`: the bits that each register keeps.
  private static let writableBits: [(Int, UInt32)] = [
    (0x0028, 0xffff_ffff), (0x002c, 0xffff), (0x0030, 0xffff), (0x0038, 0xffff), (0x2820, 0xffff),
    (0x2804, 0xffff_ffff), (0x2808, 0x000f_ff80), (0x2810, 0xffff), (0x2818, 0xffff), (0x2168, 0xfff8),
    (0x0170, 0xffff), (0x0410, 0x3fff_ffff), (0x3804, 0xffff_ffff), (0x3808, 0x000f_ff80),
    (0x2800, 0xffff_fff0), (0x0178, 0xc000_ffff), (0x3800, 0xffff_fff0), (0x3820, 0xffff),
    (0x0100, 0x06df_b3fe), (0x5404, 0x8003_ffff), (0x547c, 0x8003_ffff), (0x5200, 0xffff_ffff),
    (0x53fc, 0xffff_ffff), (0x5600, 0xffff_ffff), (0x00c4, 0xffff), (0x0008, 0), (0x6000, 0), (0x1fffc, 0),
  ]

  @Test(arguments: writableBits)
  func registersKeepTheirBits(register: Int, mask: UInt32) {
    let before = mask == 0 ? card[register] : 0
    for pattern in [0x5a5a_5a5a, 0xa5a5_a5a5, 0, 0xffff_ffff] as [UInt32] {
      card[register] = pattern
      #expect(card[register] == pattern & mask | before)
    }
  }

  @Test func thePacketBufferIsSharedOut() {
    card[Card.pba] = 40
    #expect(card[Card.pba] == 24 << 16 | 40)
    card[Card.pba] = 0xffff
    #expect(card[Card.pba] == 64)
  }

  // MARK: EEPROM

  private func word(_ address: Int) -> UInt16 {
    card[Card.eerd] = UInt32(address << 8 | 1)
    #expect(card[Card.eerd] & 0xff10 == UInt32(address << 8 | 0x10), "done")
    return UInt16(card[Card.eerd] >> 16)
  }

  @Test func eerdReadsTheEEPROM() {
    #expect((0..<3).map(word) == [0x5452, 0x1200, 0x5634])
    #expect((0..<64).map(word).reduce(0, &+) == 0xbaba)
    #expect(word(0x0a) >> 14 == 1, "signature")
    #expect(word(0x0d) == 0x100e && word(0x0e) == 0x8086)
    #expect(word(64) == 0)
  }

  private func clock(_ bit: Bool) {
    let data: UInt32 = 1 << 6 | 2 | (bit ? 4 : 0)
    card[Card.eecd] = data
    card[Card.eecd] = data | 1
    card[Card.eecd] = data
  }

  private func clock(_ value: Int, bits: Int) {
    for bit in (0..<bits).reversed() { clock(value >> bit & 1 != 0) }
  }

  private func select() {
    card[Card.eecd] = 1 << 6
    card[Card.eecd] = 1 << 6 | 2
  }

  private func bang(read address: Int) -> UInt16 {
    select()
    clock(0b110, bits: 3)
    clock(address, bits: 6)
    #expect(card[Card.eecd] & 8 == 0, "a zero goes before the data")
    return bangWord()
  }

  private func bangWord() -> UInt16 {
    (0..<16).reduce(0) { word, _ in
      clock(false)
      return word << 1 | UInt16(card[Card.eecd] >> 3 & 1)
    }
  }

  private func bang(write value: Int, to address: Int) {
    select()
    clock(0b101, bits: 3)
    clock(address, bits: 6)
    clock(value, bits: 16)
    select()
    #expect(card[Card.eecd] & 8 != 0, "ready")
  }

  @Test func theEEPROMIsReadBitByBit() {
    #expect(card[Card.eecd] & 0x3c0 == 0x100, "there, small, not granted")
    card[Card.eecd] = 1 << 6
    #expect(card[Card.eecd] & 0xc0 == 0xc0, "granted at once")
    #expect(bang(read: 0) == 0x5452)
    #expect(bangWord() == 0x1200, "the next word follows")
    #expect((0..<64).map { bang(read: $0) }.reduce(0, &+) == 0xbaba)
    card[Card.eecd] = 0
    #expect(card[Card.eecd] & 0xc0 == 0)
  }

  @Test func theEEPROMIsWrittenOnceThatIsEnabled() {
    bang(write: 0x1234, to: 5)
    #expect(bang(read: 5) == 0)
    select()
    clock(0b10011, bits: 5)
    clock(0, bits: 4)
    bang(write: 0x1234, to: 5)
    #expect(bang(read: 5) == 0x1234)
    select()
    clock(0b10000, bits: 5)
    clock(0, bits: 4)
    bang(write: 0x4321, to: 5)
    #expect(bang(read: 5) == 0x1234)
  }

  // MARK: Transceiver and link

  private func phy(_ register: Int, write value: Int? = nil, phy: Int = 1) -> UInt32 {
    card[Card.mdic] = UInt32((value == nil ? 2 : 1) << 26 | phy << 21 | register << 16 | (value ?? 0))
    return card[Card.mdic]
  }

  @Test func mdicReadsTheTransceiver() {
    #expect(phy(2) & 0x5000_ffff == 0x1000_0141, "ready, no error")
    #expect(phy(3) & 0xfff0 == 0x0c20)
    #expect(phy(2, phy: 2) & 0x5000_0000 == 0x5000_0000, "none there: ready, error")
    #expect(phy(4, write: 0x0de1) & 0x5000_0000 == 0x1000_0000)
    #expect(phy(4) & 0xffff == 0x0de1)
    #expect(phy(0, write: 0x9140) & 0x4000_0000 == 0)
    #expect(phy(4) & 0xffff == 0x01e1, "as after a reset")
    #expect(phy(0) & 0xffff == 0x1140, "which is over at once")
    #expect(phy(17) & 0xec00 == 0xac00, "1000 Mb/s, full duplex, link")
  }

  @Test func aLostLinkIsSeenOnceMoreInTheStatus() throws {
    _ = phy(1)
    #expect(phy(1) & 0x24 == 0x24, "link, negotiated")
    card.backend.setLink(false)
    try card.settle()
    card.backend.setLink(true)
    try card.settle()
    #expect(phy(1) & 0x04 == 0)
    #expect(phy(1) & 0x04 != 0)
  }

  @Test func theLinkIsUpOnceTheDriverSaysSo() throws {
    card[Card.ims] = 1 << 2
    #expect(card[Card.status] & 2 == 0)
    card[Card.ctrl] = Card.setLinkUp
    #expect(card[Card.status] & 2 != 0)
    #expect(card.takePin() == [true])
    #expect(card[Card.icr] == 1 << 2)
    card.backend.setLink(false)
    try card.settle()
    #expect(card[Card.status] & 2 == 0)
    #expect(card[Card.icr] == 1 << 2)
    card.backend.setLink(true)
    try card.settle()
    #expect(card[Card.icr] == 1 << 2)
    _ = phy(0, write: 0x1940)
    #expect(card[Card.status] & 2 == 0, "powered down")
    _ = phy(0, write: 0x1140)
    #expect(card[Card.status] & 2 != 0)
    _ = card[Card.icr]
    _ = phy(0, write: 0x1340)
    #expect(card[Card.icr] == 1 << 2, "negotiated anew")
  }
}
