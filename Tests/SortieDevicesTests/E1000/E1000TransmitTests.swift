import DeviceFixtures
import SortieDevices
import Testing

/// Packets of the driver, as legacy descriptors (Intel 317453-006, sections 3.3.3 and 3.4).
@Suite struct E1000TransmitTests {
  typealias Card = E1000Fixture
  private let card: E1000Fixture

  // Commands in place.
  static let end: UInt64 = 1 << 24
  static let insertFCS: UInt64 = 1 << 25
  static let insertChecksum: UInt64 = 1 << 26
  static let report: UInt64 = 1 << 27
  static let vlan: UInt64 = 1 << 30
  static let plain = end | insertFCS | report

  init() throws { card = try E1000Fixture() }

  /// One packet in one descriptor.
  private func send(_ index: Int, _ packet: [UInt8], _ command: UInt64 = plain) throws {
    card.ram.store(packet, at: Card.transmitBuffer)
    card.setTransmit(index, Card.transmitBuffer, UInt64(packet.count) | command)
    try card.transmit(to: index + 1)
  }

  @Test func aPacketIsSentAndItsDescriptorComesBack() throws {
    try card.start()
    let packet = TestPacket.frame(100)
    try send(0, packet)
    #expect(card.backend.sent == [packet])
    #expect(card.isDone(0))
    #expect(card[Card.tdh] == 1)
    #expect(card[Card.icr] == 0x8003, "written back, queue empty, low")
  }

  @Test func withoutReportStatusNothingIsWritten() throws {
    try card.start()
    try send(0, TestPacket.frame(100), Self.end | Self.insertFCS)
    #expect(!card.isDone(0))
    #expect(card[Card.icr] == 0x8002)
  }

  @Test func theRingWraps() throws {
    try card.start()
    let packets = (0..<20).map { TestPacket.frame(60 + $0, seed: $0) }
    for (index, packet) in packets.enumerated() { try send(index % Card.ringSize, packet) }
    #expect(card.backend.sent == packets)
    #expect(card[Card.tdh] == 20 % UInt32(Card.ringSize))
  }

  @Test func aPacketIsGatheredFromSeveralDescriptors() throws {
    try card.start()
    let packet = TestPacket.frame(1000)
    card.ram.store(packet, at: Card.transmitBuffer)
    card.setTransmit(0, Card.transmitBuffer, 14 | Self.report)
    // No address or no bytes: no data.
    card.setTransmit(1, 0, 100)
    card.setTransmit(2, Card.transmitBuffer, 0)
    card.setTransmit(3, Card.transmitBuffer + 14, 986 | Self.plain)
    try card.transmit(to: 3)
    #expect(card.backend.sent == [])
    #expect(card.isDone(0) && card[Card.tdh] == 3)
    try card.transmit(to: 4)
    #expect(card.backend.sent == [packet])
  }

  @Test func theLowMarkInterrupts() throws {
    try card.start()
    card.backend.setLink(false)
    try card.settle()
    card[Card.tdlen] = 16 * 64
    card[Card.txdctl] = 1 << 25
    card.ram.store(TestPacket.frame(60), at: Card.transmitBuffer)
    for index in 0..<10 {
      card.ram.store(Card.transmitBuffer, at: Card.transmitRing + UInt64(16 * index))
      card.ram.store(60 | Self.plain, at: Card.transmitRing + UInt64(16 * index) + 8)
    }
    _ = card[Card.icr]
    card[Card.tdt] = 10
    card.backend.setRoom(1)
    card.backend.setLink(true)
    try card.settle()
    #expect(card[Card.icr] & 0x8000 == 0, "nine are left")
    card.backend.setRoom(1)
    try card.settle()
    #expect(card[Card.icr] & 0x8000 != 0, "eight are left")
  }

  // MARK: What is put in

  /// Start, offset, and whether it is inside.
  private static let checksums: [(Int, Int, Bool)] = [
    (14, 50, true), (0, 98, true), (99, 50, true), (100, 50, false), (14, 99, false), (14, 255, false),
  ]

  @Test(arguments: checksums)
  func aLegacyChecksumGoesWhereItIsAskedFor(start: Int, offset: Int, isInside: Bool) throws {
    try card.start()
    let packet = TestPacket.frame(100)
    try send(0, packet, Self.plain | Self.insertChecksum | UInt64(start) << 40 | UInt64(offset) << 16)
    var expected = packet
    if isInside {
      expected.replaceSubrange(
        offset..<offset + 2, with: TestPacket.bigEndian(~TestPacket.sum(Array(packet[start...]))))
    }
    #expect(card.backend.sent == [expected])
  }

  @Test func shortPacketsArePaddedWhereAskedFor() throws {
    try card.start()
    let packet = TestPacket.frame(42)
    try send(0, packet)
    card[Card.tctl] = Card.enable | Card.pad
    try send(1, packet)
    #expect(card.backend.sent == [packet, packet + [UInt8](repeating: 0, count: 18)])
  }

  @Test func aPacketMayBringItsOwnCheckSequence() throws {
    try card.start()
    let packet = TestPacket.frame(60)
    try send(0, packet + TestPacket.checkSequence(packet), Self.end)
    #expect(card.backend.sent == [packet])
  }

  @Test func vlanTagsArePutInWhileTheModeIsOn() throws {
    try card.start()
    card[Card.vet] = 0x8100
    let packet = TestPacket.frame(60)
    let tag: UInt64 = 0x6123 << 48
    try send(0, packet, Self.plain | Self.vlan | tag)
    card[Card.ctrl] = Card.setLinkUp | Card.vlanMode
    try send(1, packet, Self.plain | Self.vlan | tag)
    try send(2, packet)
    let tagged = packet[..<12] + [0x81, 0, 0x61, 0x23] + packet[12...]
    #expect(card.backend.sent == [packet, Array(tagged), packet])
  }

  // MARK: Waiting

  @Test func aFullBackendIsWaitedFor() throws {
    try card.start()
    card.backend.setRoom(1)
    let packets = (0..<3).map { TestPacket.frame(100, seed: $0) }
    for (index, packet) in packets.enumerated() {
      card.ram.store(packet, at: Card.transmitBuffer + UInt64(index * 0x800))
      card.setTransmit(index, Card.transmitBuffer + UInt64(index * 0x800), 100 | Self.plain)
    }
    try card.transmit(to: 3)
    #expect(card.backend.sent == [packets[0]])
    #expect(card[Card.tdh] == 1 && !card.isDone(1))
    card.backend.setRoom(5)
    try card.settle()
    #expect(card.backend.sent == packets)
    #expect(card[Card.tdh] == 3)
  }

  @Test func aResetDropsWhatWaits() throws {
    try card.start()
    card.backend.setRoom(0)
    try send(0, TestPacket.frame(100))
    card[Card.ctrl] = Card.reset
    card.backend.setRoom(5)
    try card.settle()
    #expect(card.backend.sent == [])
    #expect(!card.isDone(0) && card[Card.tdh] == 0)
    try card.start()
    let packet = TestPacket.frame(61)
    try send(0, packet)
    #expect(card.backend.sent == [packet])
  }

  @Test func nothingIsSentUntilItMay() throws {
    try card.start()
    let packet = TestPacket.frame(100)
    card.setBusMaster(false)
    try send(0, packet)
    #expect(card.backend.sent == [])
    card.setBusMaster(true)
    try card.settle()
    #expect(card.backend.sent.count == 1)
    card[Card.tctl] = 0
    try send(1, packet)
    #expect(card.backend.sent.count == 1)
    card[Card.tctl] = Card.enable
    try card.settle()
    #expect(card.backend.sent.count == 2)
    card.backend.setLink(false)
    try card.settle()
    try send(2, packet)
    #expect(card.backend.sent.count == 2)
    card.backend.setLink(true)
    try card.settle()
    #expect(card.backend.sent.count == 3)
  }

  @Test func afterTheStopNothingMoves() throws {
    try card.start()
    card.card.stop()
    try send(0, TestPacket.frame(100))
    try card.deliver(TestPacket.frame(100))
    #expect(card.backend.sent == [] && !card.isDone(0))
    #expect(card.received(0).status == 0)
    card.card.stop()
  }

  // MARK: What cannot be sent

  @Test(arguments: [0, 13, 1519, 2000, 16288])
  func packetsOfNoLengthAreLost(count: Int) throws {
    try card.start()
    card.ram.store([UInt8](repeating: 1, count: count), at: Card.transmitBuffer)
    card.setTransmit(0, Card.transmitBuffer, UInt64(count) | Self.plain)
    try card.transmit(to: 1)
    #expect(card.backend.sent == [])
    #expect(card.isDone(0), "its descriptor comes back")
    try send(1, TestPacket.frame(1518))
    #expect(card.backend.sent.count == 1)
  }

  @Test func buffersOutsideMemoryAreLost() throws {
    try card.start()
    for (index, address) in ([0x7fff0, 0x80000, .max - 10, 1 << 32] as [UInt64]).enumerated() {
      card.setTransmit(index, address, 100 | Self.plain)
    }
    try card.transmit(to: 4)
    #expect(card.backend.sent == [] && card[Card.tdh] == 4)
  }

  @Test func aRingThatIsNoneStandsStill() throws {
    try card.start()
    let rings: [(UInt32, UInt32, UInt32, UInt32, UInt32)] = [
      (0x8_0000, 0, 128, 0, 1), (0x7_ff80, 0, 1024, 0, 63), (0x1000, 0xffff_ffff, 128, 0, 1),
      (0x1000, 0, 0, 0, 1), (0x1000, 0, 128, 8, 1), (0x1000, 0, 128, 0, 8),
      (0xffff_fff0, 0xffff_ffff, 0xf_ff80, 0, 5),
    ]
    for (low, high, length, head, tail) in rings {
      card[Card.tdbal] = low
      card[Card.tdbah] = high
      card[Card.tdlen] = length
      card[Card.tdh] = head
      try card.transmit(to: Int(tail))
      card[Card.tdt] = tail
      try card.settle()
    }
    #expect(card.backend.sent == [])
    card[Card.ctrl] = Card.reset
    try card.start()
    try send(0, TestPacket.frame(60))
    #expect(card.backend.sent.count == 1)
  }
}
