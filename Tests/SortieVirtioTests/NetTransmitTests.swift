import DeviceFixtures
import SortieDevices
import SortieVirtio
import Testing

@Suite struct NetTransmitTests {
  private let backend = FakeNetBackend()
  private let net: NetFixture

  init() throws {
    net = try NetFixture(backend: backend)
    try net.start()
  }

  @Test(arguments: [[], [12], [10], [12, 14], [1, 1, 30, 3]])
  func aFrameIsSentHoweverItIsCut(cuts: [Int]) {
    net.send(frame(1514), cuts: cuts)
    #expect(net.interrupts.used.wait(for: 1))
    #expect(backend.sent == [frame(1514)])
    #expect(net.transmit.takeUsed().map(\.written) == [0])
    #expect(net.device.traffic.sent == 1)
  }

  @Test(arguments: [0, 1, 13, 1519, 4000])
  func whatIsTooShortOrTooLongIsDroppedAndCounted(count: Int) {
    net.send(frame(count))
    #expect(net.interrupts.used.wait(for: 1))
    #expect(net.transmit.takeUsed().map(\.written) == [0])
    #expect(backend.sent.isEmpty)
    #expect(net.device.traffic.sendDropped == 1)
  }

  @Test func theShortestAndTheLongestFrameAreSent() {
    net.send(frame(14))
    #expect(net.interrupts.used.wait(for: 1))
    net.send(frame(1518))
    #expect(net.interrupts.used.wait(for: 2))
    #expect(backend.sent == [frame(14), frame(1518)])
  }

  @Test func aHeaderThatIsCutOffIsDropped() {
    net.transmit.add([.readable(0x10000, 5)])
    net.transmit.add([.writable(0x10000, 100)])
    net.transmit.kick()
    #expect(net.interrupts.used.wait(for: 1))
    #expect(net.transmit.takeUsed().count == 2)
    #expect(net.device.traffic.sendDropped == 2)
    #expect(net.interrupts.fault == nil)
  }

  /// VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4.
  @Test(arguments: [(0, 1), (1, 1)])
  func anOffloadThatWasNotNegotiatedIsNotSentWrong(offset: Int, value: UInt8) {
    var header = [UInt8](repeating: 0, count: 12)
    header[offset] = value
    net.send(frame(100), header: header)
    #expect(net.interrupts.used.wait(for: 1))
    #expect(backend.sent.isEmpty)
    #expect(net.device.traffic.sendDropped == 1)
  }

  @Test func framesWaitWhileTheBackendIsFullAndKeepTheirOrder() throws {
    backend.setRoom(1)
    for seed in 0..<4 {
      let address = 0x10000 + UInt64(seed) * 0x1000
      net.ram.store([UInt8](repeating: 0, count: 12) + frame(60, seed: seed), at: address)
      net.transmit.add([.readable(address, 72)])
    }
    net.transmit.kick()
    try net.settle()
    #expect(backend.sent == [frame(60)])
    #expect(net.transmit.takeUsed().count == 1)
    net.transmit.kick()
    try net.settle()
    #expect(backend.sent.count == 1)
    backend.setRoom(2)
    try net.settle()
    #expect(backend.sent == (0..<3).map { frame(60, seed: $0) })
    backend.setRoom(9)
    try net.settle()
    #expect(backend.sent == (0..<4).map { frame(60, seed: $0) })
    #expect(net.transmit.takeUsed().count == 3)
    #expect(net.device.traffic.sendDropped == 0)
  }

  @Test func theLinkIsInTheConfigurationAndAChangeIsTold() throws {
    #expect(net.configuration(0, 14) == [2, 0, 0, 0, 0, 7, 1, 0, 1, 0, 0xdc, 0x05, 0xff, 0xff])
    backend.setLink(false)
    #expect(net.interrupts.changes.wait(for: 1))
    #expect(net.configuration(6, 2) == [0, 0])
    net.send(frame(60))
    #expect(net.interrupts.used.wait(for: 1))
    #expect(net.device.traffic.sendDropped == 1)
    backend.setLink(true)
    #expect(net.interrupts.changes.wait(for: 2))
    #expect(net.configuration(6, 2) == [1, 0])
    #expect(net.configuration(.max, 2) == [0xff, 0xff])
  }

  @Test func afterTheStopNothingIsSentUntilTheNextStart() throws {
    net.device.stop()
    net.send(frame(60))
    backend.setRoom(9)
    try net.settle()
    #expect(backend.sent.isEmpty)
    net.device.stop()
    try net.start()
    #expect(net.interrupts.used.wait(for: 1))
    #expect(backend.sent == [frame(60)])
  }
}
