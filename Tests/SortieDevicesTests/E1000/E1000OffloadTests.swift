import DeviceFixtures
import SortieDevices
import Testing

/// Context and data descriptors: checksums and TCP segmentation (Intel 317453-006, sections 3.3.5 to 3.3.7, 3.5, 3.6).
@Suite struct E1000OffloadTests {
  typealias Card = E1000Fixture
  private let card: E1000Fixture

  private static let segment: UInt64 = 1 << 26
  private static let report: UInt64 = 1 << 27
  private static let extended: UInt64 = 1 << 29
  private static let vlan: UInt64 = 1 << 30
  private static let data: UInt64 = extended | 1 << 20
  private static let both: UInt64 = 3 << 40
  private static let transportOnly: UInt64 = 2 << 40

  init() throws {
    card = try E1000Fixture()
    try card.start()
  }

  /// What a driver says of a packet.
  private func setContext(
    _ index: Int, version: Int, isTCP: Bool, segment: Int? = nil, payload: Int = 0, command: UInt64 = 0
  ) {
    let transport = 14 + TestPacket.ipBytes(version)
    let checksum = transport + TestPacket.checksumPlace(isTCP: isTCP)
    let ip: UInt64 = 14 | 24 << 8 | UInt64(transport - 1) << 16
    let first = ip | UInt64(transport) << 32 | UInt64(checksum) << 40
    var second = Self.extended | command | UInt64(payload)
    if isTCP { second |= 1 << 24 }
    if version == 4 { second |= 1 << 25 }
    if let segment {
      second |= Self.segment
      second |= UInt64(TestPacket.headerBytes(version: version, isTCP: isTCP)) << 40 | UInt64(segment) << 48
    }
    card.setTransmit(index, first, second)
  }

  /// A packet as a driver prepares it: no IP checksum, and in the place of the other one what the card goes on with.
  private func prepared(_ packet: [UInt8], version: Int, isTCP: Bool, length: Int) -> [UInt8] {
    var packet = packet
    let place = 14 + TestPacket.ipBytes(version) + TestPacket.checksumPlace(isTCP: isTCP)
    packet.replaceSubrange(
      place..<place + 2,
      with: TestPacket.partialSum(packet, version: version, isTCP: isTCP, length: length))
    if version == 4 { packet.replaceSubrange(24..<26, with: [0, 0]) }
    return packet
  }

  @Test(arguments: [4, 6], [true, false])
  func checksumsAreInserted(version: Int, isTCP: Bool) throws {
    let packet = TestPacket.ip(version: version, isTCP: isTCP, payload: (0..<101).map { UInt8($0) })
    let length = packet.count - 14 - TestPacket.ipBytes(version)
    let given = prepared(packet, version: version, isTCP: isTCP, length: length)
    card.ram.store(given, at: Card.transmitBuffer)
    setContext(0, version: version, isTCP: isTCP)
    let offload = version == 4 ? Self.both : Self.transportOnly
    card.setTransmit(
      1, Card.transmitBuffer, UInt64(given.count) | Self.data | E1000TransmitTests.plain | offload)
    // The context stays.
    card.setTransmit(
      2, Card.transmitBuffer, UInt64(given.count) | Self.data | E1000TransmitTests.plain | offload)
    card.setTransmit(3, Card.transmitBuffer, UInt64(given.count) | Self.data | E1000TransmitTests.plain)
    try card.transmit(to: 4)
    #expect(card.backend.sent == [packet, packet, given])
    #expect(!card.isDone(0) && card.isDone(1))
  }

  @Test func aContextIsReportedWhereAskedFor() throws {
    setContext(0, version: 4, isTCP: true, command: Self.report)
    try card.transmit(to: 1)
    #expect(card.isDone(0))
    #expect(card[Card.icr] & 1 != 0)
  }

  /// RFC 768: zero would say that there is no checksum.
  @Test func aUDPChecksumIsNeverZero() throws {
    var packet = TestPacket.ip(version: 4, isTCP: false, payload: [0, 0])
    // The payload that makes the sum all ones.
    packet.replaceSubrange(42..<44, with: packet[40..<42])
    packet.replaceSubrange(40..<42, with: [0, 0])
    let given = prepared(packet, version: 4, isTCP: false, length: 10)
    card.ram.store(given, at: Card.transmitBuffer)
    setContext(0, version: 4, isTCP: false)
    card.setTransmit(
      1, Card.transmitBuffer, UInt64(given.count) | Self.data | E1000TransmitTests.plain | Self.both)
    try card.transmit(to: 2)
    let sent = try #require(card.backend.sent.first)
    #expect(sent[40..<42] == [0xff, 0xff])
    #expect(TestPacket.isRight(sent, version: 4))
  }

  // MARK: Segmentation

  /// Sends a packet in segments, in descriptors of these sizes behind the headers.
  private func segment(
    version: Int, isTCP: Bool, payload: [UInt8], segment: Int, cuts: [Int] = [], first: UInt64 = 0
  ) throws -> [UInt8] {
    let packet = TestPacket.ip(version: version, isTCP: isTCP, payload: payload)
    var given = prepared(packet, version: version, isTCP: isTCP, length: 0)
    // Linux leaves the length to the card.
    given.replaceSubrange(version == 4 ? 16..<18 : 18..<20, with: [0, 0])
    card.ram.store(given, at: Card.transmitBuffer)
    setContext(0, version: version, isTCP: isTCP, segment: segment, payload: payload.count)
    var start = 0
    var index = 1
    for cut in cuts + [given.count] where start < given.count {
      let count = min(cut, given.count - start)
      let isLast = start + count == given.count
      var second = UInt64(count) | Self.data | Self.segment
      if isLast { second |= E1000TransmitTests.plain }
      if index == 1 { second |= first | (version == 4 ? Self.both : Self.transportOnly) }
      card.setTransmit(index, Card.transmitBuffer + UInt64(start), second)
      start += count
      index += 1
    }
    try card.transmit(to: index)
    return packet
  }

  /// Whether `frames` carry what `packet` does, in segments of `size`, as the manual and the RFCs ask for.
  private func check(_ frames: [[UInt8]], _ packet: [UInt8], version: Int, isTCP: Bool, size: Int) {
    let header = TestPacket.headerBytes(version: version, isTCP: isTCP)
    let transport = 14 + TestPacket.ipBytes(version)
    #expect(frames.flatMap { $0[header...] } == Array(packet[header...]))
    for (index, frame) in frames.enumerated() {
      let isLast = index == frames.count - 1
      #expect(isLast || frame.count == header + size)
      let isRight = TestPacket.isRight(frame, version: version)
      #expect(isRight, "checksums and length of \(index)")
      if version == 4 { #expect(TestPacket.word(frame, 18) == 0x1234 + UInt16(index)) }
      guard isTCP else {
        #expect(Int(TestPacket.word(frame, transport + 4)) == frame.count - transport)
        continue
      }
      let sequence = (4..<8).reduce(0 as UInt32) { $0 << 8 | UInt32(frame[transport + $1]) }
      #expect(sequence == 0xffff_ff00 &+ UInt32(index * size))
      #expect(frame[transport + 13] == (isLast ? 0x19 : 0x10), "FIN and PSH in the last alone")
    }
  }

  @Test(arguments: [(4, true), (6, true), (4, false), (6, false)] as [(Int, Bool)], [1, 333, 1400, 5000])
  func aPacketIsCutIntoSegments(kind: (Int, Bool), size: Int) throws {
    let (version, isTCP) = kind
    let payload = (0..<(size == 1 ? 5 : 4200)).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 8) }
    guard size < 1418 else {
      // Frames that are longer than the cable takes.
      _ = try segment(version: version, isTCP: isTCP, payload: payload, segment: size)
      #expect(card.backend.sent == [] && card.isDone(1))
      return
    }
    let packet = try segment(
      version: version, isTCP: isTCP, payload: payload, segment: size, cuts: [54, 700])
    #expect(card.backend.sent.count == (payload.count + size - 1) / size)
    check(card.backend.sent, packet, version: version, isTCP: isTCP, size: size)
    #expect(card[0x40f8] == 1, "TSCTC")
  }

  @Test func theLargestPacketIsCut() throws {
    let payload = (0..<65_495).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 8) }
    let packet = try segment(version: 4, isTCP: true, payload: payload, segment: 1460, cuts: [100, 32_000])
    check(card.backend.sent, packet, version: 4, isTCP: true, size: 1460)
    #expect(card.backend.sent.count == 45)
  }

  @Test func segmentsWaitForRoomOneByOne() throws {
    card[Card.ctrl] = Card.setLinkUp | Card.vlanMode
    card[Card.vet] = 0x8100
    card[Card.tctl] = Card.enable | Card.pad
    card.backend.setRoom(0)
    let payload = (0..<50).map { UInt8($0) }
    let packet = try segment(
      version: 4, isTCP: true, payload: payload, segment: 20, first: Self.vlan | 5 << 48)
    for sent in 0..<3 {
      #expect(card.backend.sent.count == sent && !card.isDone(1))
      card.backend.setRoom(1)
      try card.settle()
    }
    #expect(card.isDone(1))
    let plain = card.backend.sent.map { Array($0[..<12] + $0[16...]) }
    #expect(card.backend.sent.allSatisfy { Array($0[12..<16]) == [0x81, 0, 0, 5] })
    check(plain, packet, version: 4, isTCP: true, size: 20)
  }

  @Test func paddingASegmentLeavesTheNextAlone() throws {
    card[Card.tctl] = Card.enable | Card.pad
    let packet = try segment(version: 4, isTCP: true, payload: [1, 2, 3], segment: 1)
    #expect(card.backend.sent.allSatisfy { $0.count == 60 && $0[55...] == [0, 0, 0, 0, 0] })
    check(card.backend.sent.map { Array($0[..<55]) }, packet, version: 4, isTCP: true, size: 1)
  }

  @Test func aContextThatDoesNotFitLosesThePacket() throws {
    card.ram.store(TestPacket.ip(version: 4, isTCP: true, payload: [1, 2, 3]), at: Card.transmitBuffer)
    let command: UInt64 = 57 | Self.data | Self.segment | E1000TransmitTests.plain | Self.both
    // No context yet, no segment, and headers longer than the packet.
    card.setTransmit(0, Card.transmitBuffer, command)
    setContext(1, version: 4, isTCP: true, segment: 0)
    card.setTransmit(2, Card.transmitBuffer, command)
    card.setTransmit(3, 0, Self.extended | Self.segment | 200 << 40 | 1 << 48)
    card.setTransmit(4, Card.transmitBuffer, command)
    // Offsets behind the end.
    card.setTransmit(5, 0xffff_ffff_ffff_ffff, Self.extended | Self.segment | 54 << 40 | 1 << 48)
    card.setTransmit(6, Card.transmitBuffer, command)
    try card.transmit(to: 7)
    #expect(card[0x40fc] == 3, "TSCTFC")
    #expect(card.backend.sent.count == 3, "three segments with nothing put in")
    #expect([0, 2, 4, 6].allSatisfy(card.isDone))
  }
}
