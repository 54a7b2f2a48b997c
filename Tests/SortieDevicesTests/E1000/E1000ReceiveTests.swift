import DeviceFixtures
import SortieDevices
import Testing

/// Frames for the driver (Intel 317453-006, section 3.2).
@Suite struct E1000ReceiveTests {
  typealias Card = E1000Fixture
  private let card: E1000Fixture

  init() throws { card = try E1000Fixture() }

  @Test func aFrameIsStored() throws {
    try card.start()
    card[Card.ims] = 0x80
    let frame = TestPacket.frame(100)
    try card.deliver(frame)
    #expect(card.received(0).length == 100)
    #expect(card.received(0).status == 0x07, "done, end of packet, nothing checked")
    #expect(card.received(0).errors == 0)
    #expect(card.data(0) == frame)
    #expect(card[Card.rdh] == 1)
    #expect(card.takePin() == [true])
    #expect(card[Card.icr] == 0x80)
  }

  @Test func theCheckSequenceFollowsUnlessItIsStripped() throws {
    try card.start(rctl: 0)
    let frame = TestPacket.frame(101)
    try card.deliver(frame)
    #expect(card.data(0) == frame + TestPacket.checkSequence(frame))
  }

  @Test func shortFramesComePadded() throws {
    try card.start()
    let frame = TestPacket.frame(42)
    try card.deliver(frame, [1, 2, 3], [])
    #expect(card.data(0) == frame + [UInt8](repeating: 0, count: 18))
    #expect(card[Card.rdh] == 1, "what has no header is no frame")
  }

  @Test func theRingWraps() throws {
    try card.start()
    for index in 0..<20 {
      let frame = TestPacket.frame(60 + index, seed: index)
      try card.deliver(frame)
      let place = index % Card.ringSize
      #expect(card.data(place) == frame)
      card.setReceiveBuffer(place, Card.receiveBuffers + UInt64(place) * 0x4000)
      card[Card.rdt] = UInt32(place)
    }
  }

  /// BSEX and BSIZE, and bytes of a buffer.
  private static let bufferSizes: [(UInt32, Int)] = [
    (0, 2048), (0x001_0000, 1024), (0x002_0000, 512), (0x003_0000, 256), (0x201_0000, 16384),
    (0x202_0000, 8192), (0x203_0000, 4096), (0x200_0000, 2048),
  ]

  @Test(arguments: bufferSizes)
  func longFramesFillSeveralBuffers(size: UInt32, bytes: Int) throws {
    let card = try E1000Fixture(backend: FakeNetBackend(mtu: 16_000))
    try card.start(rctl: Card.longPackets | size | Card.stripCRC)
    let frame = TestPacket.frame(min(bytes * 3 + 1, 16_000))
    try card.deliver(frame)
    let parts = (frame.count + bytes - 1) / bytes
    #expect(card[Card.rdh] == UInt32(parts))
    #expect((0..<parts).flatMap(card.data) == frame)
    for index in 0..<parts {
      #expect(card.received(index).length == (index < parts - 1 ? bytes : frame.count - (parts - 1) * bytes))
      #expect(card.received(index).status == (index < parts - 1 ? 0x01 : 0x07))
    }
  }

  @Test func longFramesNeedTheirPermission() throws {
    let card = try E1000Fixture(backend: FakeNetBackend(mtu: 9000))
    try card.start(rctl: Card.stripCRC)
    try card.deliver(TestPacket.frame(1518), TestPacket.frame(1519), TestPacket.frame(9019))
    #expect(card[Card.rdh] == 1)
    #expect(card[0x40ac] == 2, "ROC, one of them longer than the backend's")
    card[Card.rctl] = Card.enable | Card.longPackets | Card.stripCRC
    try card.deliver(TestPacket.frame(1519))
    #expect(card[Card.rdh] == 2)
  }

  // MARK: Buffers

  @Test func framesWaitForBuffers() throws {
    try card.start()
    let frames = (0..<9).map { TestPacket.frame(60 + $0) }
    card.backend.deliver(frames)
    try card.settle()
    #expect(card[Card.rdh] == 7 && card.backend.waitingCount == 2)
    #expect(card[Card.icr] == 0x90, "timer, and the low mark of a half")
    card.setReceiveBuffer(0, Card.receiveBuffers)
    card[Card.rdt] = 0
    try card.settle()
    #expect(card.data(7) == frames[7] && card.backend.waitingCount == 1)
    #expect(card[Card.rdh] == 0)
  }

  @Test func aFrameThatNeedsMoreBuffersWaits() throws {
    try card.start(rctl: 3 << 16 | Card.stripCRC)
    card[Card.rdt] = 2
    let frame = TestPacket.frame(600)
    try card.deliver(frame)
    #expect(card[Card.rdh] == 0 && card.backend.waitingCount == 0)
    #expect(card[0x40a0] == 1, "RNBC")
    card[Card.rdt] = 3
    try card.settle()
    #expect(card[Card.rdh] == 3 && (0..<3).flatMap(card.data) == frame)
  }

  @Test func aFrameThatTheRingCanNeverHoldOverruns() throws {
    let card = try E1000Fixture(backend: FakeNetBackend(mtu: 9000))
    try card.start(rctl: 3 << 16 | Card.longPackets | Card.stripCRC)
    try card.deliver(TestPacket.frame(1793), TestPacket.frame(60))
    #expect(card[Card.icr] & 0x40 != 0)
    #expect(card[0x4010] == 1, "MPC")
    #expect(card[Card.rdh] == 1, "the next is stored")
  }

  @Test(arguments: [(0, 4), (0x100, 2), (0x200, 1), (0x300, 1)] as [(UInt32, Int)])
  func theLowMarkInterrupts(threshold: UInt32, mark: Int) throws {
    try card.start(rctl: threshold | Card.stripCRC)
    for left in (mark..<7).reversed() {
      try card.deliver(TestPacket.frame(60))
      #expect((card[Card.icr] & 0x10 != 0) == (left == mark), "\(left) left")
    }
  }

  @Test func smallPacketsInterruptWhereAskedFor() throws {
    try card.start()
    card[Card.rsrpd] = 70
    try card.deliver(TestPacket.frame(66))
    #expect(card[Card.icr] == 1 << 16 | 0x80)
    try card.deliver(TestPacket.frame(67))
    #expect(card[Card.icr] == 0x80)
  }

  @Test func nothingIsTakenUntilItMay() throws {
    try card.start()
    card.setBusMaster(false)
    try card.deliver(TestPacket.frame(60))
    card[Card.rctl] = Card.stripCRC
    card.setBusMaster(true)
    try card.settle()
    #expect(card[Card.rdh] == 0 && card.backend.waitingCount == 1)
    card[Card.rctl] = Card.enable | Card.stripCRC
    try card.settle()
    #expect(card[Card.rdh] == 1)
  }

  @Test func buffersAndRingsOutsideMemoryAreNotTouched() throws {
    try card.start()
    for (index, address) in ([0x7fff0, 0x80000, .max - 10, 1 << 32] as [UInt64]).enumerated() {
      card.setReceiveBuffer(index, address)
    }
    for _ in 0..<4 { try card.deliver(TestPacket.frame(100)) }
    #expect(card[Card.rdh] == 4 && card.received(3).status == 0x07)
    let rings: [(UInt32, UInt32, UInt32, UInt32)] = [
      (0x8_0000, 0, 0, 1), (0xffff_fff0, 0xffff_ffff, 0, 1), (0x2000, 0, 8, 1), (0x2000, 0, 0, 8),
    ]
    for (low, high, head, tail) in rings {
      card[Card.rdbal] = low
      card[Card.rdbah] = high
      card[Card.rdh] = head
      card[Card.rdt] = tail
      try card.deliver(TestPacket.frame(100))
    }
  }

  // MARK: What the card sees in a frame

  @Test(arguments: [4, 6], [true, false])
  func checksumsAreChecked(version: Int, isTCP: Bool) throws {
    try card.start()
    card[Card.rxcsum] = 3 << 8 | 14
    let packet = TestPacket.ip(version: version, isTCP: isTCP, payload: (0..<101).map { UInt8($0) })
    var wrong = packet
    wrong[packet.count - 1] ^= 1
    try card.deliver(packet, wrong)
    let ip: UInt8 = version == 4 ? 0x40 : 0
    #expect(card.received(0).status == 0x23 | ip && card.received(0).errors == 0)
    #expect(card.received(0).checksum == TestPacket.sum(Array(packet[14...])))
    #expect(card.received(1).status == 0x23 | ip && card.received(1).errors == 0x20)
    card[Card.rxcsum] = 1 << 8
    var wrongIP = packet
    wrongIP[22] ^= 1
    try card.deliver(wrongIP)
    #expect(card.received(2).status == 0x03 | ip)
    #expect(card.received(2).errors == (version == 4 ? 0x40 : 0))
  }

  @Test func whatCannotBeCheckedIsNotSaidToBe() throws {
    try card.start()
    card[Card.rxcsum] = 3 << 8
    let tcp = TestPacket.ip(version: 4, isTCP: true, payload: [1, 2, 3, 4, 5, 6, 7, 8, 9])
    var fragment = tcp
    fragment[20] = 0x20
    fragment.replaceSubrange(24..<26, with: [0, 0])
    fragment.replaceSubrange(24..<26, with: TestPacket.bigEndian(~TestPacket.sum(Array(fragment[14..<34]))))
    var cut = tcp
    cut[16] = 0x7f
    var udp = TestPacket.ip(version: 4, isTCP: false, payload: [1, 2, 3])
    udp.replaceSubrange(40..<42, with: [0, 0])
    try card.deliver(fragment, cut, udp, TestPacket.frame(60))
    #expect((0..<4).map { card.received($0).status } == [0x43, 0x07, 0x43, 0x07])
    #expect((0..<4).allSatisfy { card.received($0).errors == 0 })
  }

  @Test func vlanTagsAreTakenOutWhileTheModeIsOn() throws {
    try card.start(ctrl: Card.vlanMode)
    card[Card.vet] = 0x8100
    card[Card.rxcsum] = 3 << 8
    let packet = TestPacket.ip(version: 4, isTCP: true, payload: [1, 2, 3, 4, 5, 6, 7])
    let tagged = Array(packet[..<12] + [0x81, 0, 0x61, 0x23] + packet[12...])
    try card.deliver(tagged, packet)
    #expect(card.data(0) == packet)
    #expect(card.received(0).special == 0x6123 && card.received(0).status == 0x6b)
    #expect(card.data(1) == packet && card.received(1).special == 0)
    card[Card.ctrl] = Card.setLinkUp
    try card.deliver(tagged)
    #expect(card.data(2) == tagged && card.received(2).status == 0x63, "checked behind the tag")
  }

  // MARK: Statistics

  @Test func statisticsCountAndAreClearedByReading() throws {
    try card.start()
    let everyone = [UInt8](repeating: 0xff, count: 6)
    try card.deliver(TestPacket.frame(60), TestPacket.frame(500), TestPacket.frame(1514, to: everyone))
    #expect(card[0x4074] == 3, "GPRC")
    #expect(card[0x4074] == 0)
    #expect(card[0x405c] == 1 && card[0x4068] == 1 && card[0x4070] == 1, "PRC64, PRC511, PRC1522")
    #expect(card[0x4078] == 1 && card[0x407c] == 0, "BPRC, MPRC")
    #expect(card[0x4088] == 2086 && card[0x4088] == 2086, "GORCL stays")
    #expect(card[0x408c] == 0 && card[0x4088] == 0, "until GORCH is read")
    #expect(card[0x40d0] == 3 && card[0x40c0] == 2086, "TPR, TORL")
    card.ram.store(TestPacket.frame(70, to: [1, 0, 0x5e, 0, 0, 1]), at: Card.transmitBuffer)
    card.setTransmit(0, Card.transmitBuffer, 70 | E1000TransmitTests.plain)
    try card.transmit(to: 1)
    #expect(card[0x4080] == 1 && card[0x4090] == 74, "GPTC, GOTCL")
    #expect(card[0x40d4] == 1 && card[0x40c8] == 74, "TPT, TOTL")
    #expect(card[0x40dc] == 1 && card[0x40f0] == 1 && card[0x40f4] == 0, "PTC127, MPTC, BPTC")
  }
}
