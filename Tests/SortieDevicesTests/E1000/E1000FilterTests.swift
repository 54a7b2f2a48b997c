import DeviceFixtures
import SortieDevices
import Testing

/// Which frames are for the driver (Intel 317453-006, sections 3.2.1, 9.3 and 13.5).
@Suite struct E1000FilterTests {
  typealias Card = E1000Fixture
  private let card: E1000Fixture

  private static let broadcast = [UInt8](repeating: 0xff, count: 6)
  private static let multicast: [UInt8] = [0x01, 0x00, 0x5e, 0x12, 0x9a, 0xbc]
  private static let stranger: [UInt8] = [2, 0, 0, 0, 0, 9]

  init() throws { card = try E1000Fixture() }

  /// The status with which frames to this address are stored; nil if they are not.
  private func accepts(_ destination: [UInt8], vlan: UInt16? = nil) throws -> UInt8? {
    let head = card[Card.rdh]
    var frame = TestPacket.frame(80, to: destination)
    if let vlan { frame.replaceSubrange(12..<16, with: [0x81, 0] + TestPacket.bigEndian(vlan)) }
    try card.deliver(frame)
    guard card[Card.rdh] != head else { return nil }
    card[Card.rdt] = head
    return card.received(Int(head)).status
  }

  @Test func theOwnAddressIsExact() throws {
    try card.start(rctl: Card.stripCRC)
    #expect(try accepts(Card.mac) == 0x07)
    #expect(try accepts(Self.stranger) == nil)
    #expect(try accepts(Self.broadcast) == nil)
    #expect(try accepts(Self.multicast) == nil)
    card[Card.rah] = 0x5634
    #expect(try accepts(Card.mac) == nil, "not valid")
    card[Card.rah] = 0x8001_5634
    #expect(try accepts(Card.mac) == nil, "to be compared with the source")
  }

  @Test func furtherAddressesAreExact() throws {
    try card.start(rctl: Card.stripCRC)
    card[Card.ral + 15 * 8] = 0x125e_0001
    card[Card.rah + 15 * 8] = 0x8000_bc9a
    #expect(try accepts(Self.multicast) == 0x07)
  }

  @Test func promiscuousModesAreInexact() throws {
    try card.start(rctl: 1 << 3 | Card.stripCRC)
    #expect(try accepts(Card.mac) == 0x07)
    #expect(try accepts(Self.stranger) == 0x87)
    #expect(try accepts(Self.multicast) == nil)
    card[Card.rctl] = Card.enable | 1 << 4 | Card.stripCRC
    #expect(try accepts(Self.multicast) == 0x87)
    #expect(try accepts(Self.broadcast) == 0x87)
    #expect(try accepts(Self.stranger) == nil)
    card[Card.rctl] = Card.enable | 1 << 15 | Card.stripCRC
    #expect(try accepts(Self.broadcast) == 0x07)
    #expect(try accepts(Self.multicast) == nil)
  }

  /// The example of section 13.5.1: an address that ends in 9A BC, with each of the four offsets.
  @Test(arguments: [(0, 0xbc9), (1, 0x793), (2, 0xf26), (3, 0xc9a)])
  func theHashIsInexact(offset: Int, hash: Int) throws {
    try card.start(rctl: UInt32(offset) << 12 | Card.stripCRC)
    for word in 0..<128 where word != hash >> 5 { card[Card.mta + 4 * word] = .max }
    card[Card.mta + 4 * (hash >> 5)] = ~(1 << UInt32(hash & 31))
    #expect(try accepts(Self.multicast) == nil)
    for word in 0..<128 { card[Card.mta + 4 * word] = 0 }
    card[Card.mta + 4 * (hash >> 5)] = 1 << UInt32(hash & 31)
    #expect(try accepts(Self.multicast) == 0x87)
    #expect(try accepts(Self.stranger) == nil)
  }

  @Test func vlansAreFiltered() throws {
    try card.start(rctl: 1 << 18 | Card.stripCRC)
    card[Card.vet] = 0x8100
    #expect(try accepts(Card.mac) == 0x07, "without a tag")
    #expect(try accepts(Card.mac, vlan: 0x6123) == nil)
    card[Card.vfta + 4 * 9] = 1 << 3
    #expect(try accepts(Card.mac, vlan: 0x6123) == 0x07)
    #expect(try accepts(Card.mac, vlan: 0x6124) == nil)
    card[Card.rctl] = Card.enable | 1 << 18 | 1 << 19 | Card.stripCRC
    #expect(try accepts(Card.mac, vlan: 0x6123) == 0x07)
    #expect(try accepts(Card.mac, vlan: 0x7123) == nil, "CFI")
    card[Card.rctl] = Card.enable | 3 << 19 | 1 << 18 | Card.stripCRC
    #expect(try accepts(Card.mac, vlan: 0x7123) == 0x07)
  }

  @Test func ofWhatIsRefusedBroadcastsCountInTheTotals() throws {
    try card.start(rctl: Card.stripCRC)
    _ = try accepts(Self.stranger)
    #expect(card[0x40d0] == 0)
    _ = try accepts(Self.broadcast)
    #expect(card[0x40d0] == 1 && card[0x4074] == 0)
  }
}
