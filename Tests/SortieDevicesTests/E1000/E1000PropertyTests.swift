import DeviceFixtures
import SortieDevices
import Testing

/// Drivers that hand over whatever they like, and drivers that do anything at all.
@Suite struct E1000PropertyTests {
  typealias Card = E1000Fixture

  /// Whatever the sizes of frames and buffers, what the host sends arrives whole and in order.
  @Test(arguments: 0..<16 as Range<UInt64>)
  func framesArriveWholeWhateverTheBuffers(seed: UInt64) throws {
    var random = RandomSource(seed: seed)
    let card = try E1000Fixture(backend: FakeNetBackend(mtu: 9000))
    let size = UInt32.random(in: 0...3, using: &random)
    let strips = Bool.random(using: &random)
    try card.start(rctl: Card.longPackets | size << 16 | (strips ? Card.stripCRC : 0))
    let buffers = (Card.ringSize - 1) * 2048 >> Int(size)
    let frames = (0..<60).map {
      TestPacket.frame(.random(in: 60...min(buffers - 4, 9018), using: &random), seed: $0)
    }
    card.backend.deliver(frames)
    var arrived: [[UInt8]] = []
    var frame: [UInt8] = []
    var next = 0
    while arrived.count < frames.count {
      try card.settle()
      let before = arrived.count
      while card.received(next).status & 1 != 0 {
        frame += card.data(next)
        if card.received(next).status & 2 != 0 {
          arrived.append(frame)
          frame = []
        }
        card.setReceiveBuffer(next, Card.receiveBuffers + UInt64(next) * 0x4000)
        card[Card.rdt] = UInt32(next)
        next = (next + 1) % Card.ringSize
      }
      try #require(arrived.count > before || !frame.isEmpty, "seed \(seed): it stands still")
    }
    #expect(arrived == (strips ? frames : frames.map { $0 + TestPacket.checkSequence($0) }), "seed \(seed)")
    #expect(card[0x4074] == 60, "GPRC")
  }

  /// Whatever the cuts, what the driver sends arrives whole and in order, and every descriptor comes back.
  @Test(arguments: 0..<16 as Range<UInt64>)
  func packetsAreSentWholeHoweverCut(seed: UInt64) throws {
    var random = RandomSource(seed: seed)
    let card = try E1000Fixture()
    try card.start()
    var packets: [[UInt8]] = []
    var next = 0
    for round in 0..<60 {
      let packet = TestPacket.frame(.random(in: 14...1518, using: &random), seed: round)
      card.ram.store(packet, at: Card.transmitBuffer)
      var start = 0
      for part in (0..<Int.random(in: 1..<Card.ringSize, using: &random)).reversed() {
        let count = part == 0 ? packet.count - start : .random(in: 0...packet.count - start, using: &random)
        let last = part == 0 ? E1000TransmitTests.plain : E1000TransmitTests.report
        card.setTransmit(next, Card.transmitBuffer + UInt64(start), UInt64(count) | last)
        start += count
        next = (next + 1) % Card.ringSize
      }
      packets.append(packet)
      card.backend.setRoom(.random(in: 0...1, using: &random))
      try card.transmit(to: next)
      card.backend.setRoom(1)
      try card.settle()
      #expect(card[Card.tdh] == UInt32(next))
    }
    #expect(card.backend.sent == packets, "seed \(seed)")
  }

  /// Any registers, any descriptors, any frames: nothing outside memory is touched, a reset brings the card back, and
  /// after a stop nothing moves.
  @Test(arguments: 0..<40 as Range<UInt64>)
  func anyDriverIsSurvived(seed: UInt64) throws {
    var random = RandomSource(seed: seed)
    let card = try E1000Fixture(backend: FakeNetBackend(mtu: 9000))
    try card.start()
    for _ in 0..<600 { act(card, &random) }
    card.backend.setRoom(1000)
    card.backend.setLink(true)
    try card.settle()
    card[Card.ctrl] = Card.reset
    card[Card.mdic] = 1 << 26 | 1 << 21 | 0x1140
    let before = card.backend.sent.count
    try card.start()
    let packet = TestPacket.frame(77)
    card.ram.store(packet, at: Card.transmitBuffer)
    card.setTransmit(0, Card.transmitBuffer, 77 | E1000TransmitTests.plain)
    try card.transmit(to: 1)
    #expect(card.backend.sent.count == before + 1 && card.backend.sent.last == packet, "seed \(seed)")
    #expect(card.backend.sent.allSatisfy { (14...9018).contains($0.count) })
    card.card.stop()
    let head = card[Card.rdh]
    try card.deliver(TestPacket.frame(60))
    #expect(card[Card.rdh] == head)
  }

  private static let registers = [
    Card.ctrl, Card.eecd, Card.eerd, Card.mdic, Card.icr, Card.itr, Card.ics, Card.ims, Card.rctl, Card.tctl,
    Card.rdbal, Card.rdbah, Card.rdlen, Card.rdh, Card.rdt, Card.tdbal, Card.tdbah, Card.tdlen, Card.tdh,
    Card.tdt, Card.txdctl, Card.rxcsum, Card.rah,
  ]

  private func act(_ card: E1000Fixture, _ random: inout RandomSource) {
    func number(below limit: UInt64) -> UInt64 { .random(in: 0..<limit, using: &random) }
    let register = Self.registers.randomElement(using: &random) ?? 0
    let index = Int(number(below: 8))
    switch number(below: 10) {
    case 0: card[register] = .random(in: 0...(.max), using: &random)
    case 1: card[Int(number(below: 0x2_0000)) & ~3] = .random(in: 0...(.max), using: &random)
    case 2: _ = card[register]
    case 3: card[register] = UInt32(number(below: 0x80)) << UInt32(number(below: 13))
    case 4: card[Card.tdt] = UInt32(index)
    case 5: card[Card.rdt] = UInt32(index)
    case 6:
      let command = number(below: 256) << 24 | number(below: 2) << 20
      card.setTransmit(
        index, number(below: 0x8_1000), command | number(below: 0x1_0000) | number(below: 0x1_0000) << 32)
    case 7: card.setReceiveBuffer(index, number(below: 0x8_1000))
    case 8:
      card.backend.setRoom(Int(number(below: 20)))
      card.backend.setLink(number(below: 2) == 0)
      card.time.advance(by: number(below: 1_000_000))
    default: card.backend.deliver([TestPacket.frame(Int(number(below: 9000)) + 14)])
    }
  }
}
