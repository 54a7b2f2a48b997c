import DeviceFixtures
import Glibc
import SortieDevices
import SortieVirtio
import Testing

@Suite struct NetReceiveTests {
  private let backend = FakeNetBackend()
  private let net: NetFixture

  init() throws { net = try NetFixture(backend: backend) }

  /// Buffers of these sizes, one chain each, a page apart.
  private func post(_ counts: [Int]) {
    for (index, count) in counts.enumerated() {
      net.ram.store([UInt8](repeating: 0xee, count: count), at: place(index))
      net.receive.add([.writable(place(index), count)])
    }
    net.receive.kick()
  }

  private func place(_ index: Int) -> UInt64 { 0x10000 + UInt64(index) * 0x1000 }

  private func header(buffers: UInt8) -> [UInt8] { [UInt8](repeating: 0, count: 10) + [buffers, 0] }

  @Test(arguments: [[], VirtioFeatures.netMergeableBuffers])
  func aFrameComesBehindAHeaderOfOneBuffer(features: VirtioFeatures) throws {
    try net.start(features)
    post([1530])
    backend.deliver([frame(1514)])
    #expect(net.interrupts.used.wait(for: 1))
    #expect(net.receive.takeUsed().map(\.written) == [1526])
    #expect(net.ram.load(count: 1526, at: place(0)) == header(buffers: 1) + frame(1514))
    #expect(net.ram.load(count: 4, at: place(0) + 1526) == [0xee, 0xee, 0xee, 0xee])
    #expect(net.device.traffic.received == 1)
  }

  @Test func aLongFrameGoesOnInFurtherBuffersThatComeAllAtOnce() throws {
    try net.start()
    post([100, 100])
    backend.deliver([frame(250)])
    try net.settle()
    #expect(net.receive.usedIndex == 0, "the driver must not see a part of the frame")
    let last = net.receive.add([.writable(place(2), 100)])
    net.receive.kick()
    #expect(net.interrupts.used.wait(for: 1))
    let used = net.receive.takeUsed()
    #expect(used.map(\.written) == [100, 100, 62])
    #expect(used.last?.id == UInt32(last))
    let bytes = (0..<3).flatMap { net.ram.load(count: [100, 100, 62][$0], at: place($0)) }
    #expect(bytes == header(buffers: 3) + frame(250))
  }

  @Test func aHeaderMayBeCutAnywhere() throws {
    try net.start()
    net.receive.add([.writable(place(0), 11), .writable(place(1), 1), .writable(place(2), 60)])
    net.receive.kick()
    backend.deliver([frame(60)])
    #expect(net.interrupts.used.wait(for: 1))
    #expect(net.ram.load(count: 11, at: place(0)) == header(buffers: 1).dropLast())
    #expect(net.ram.load(count: 1, at: place(1)) == [0])
    #expect(net.ram.load(count: 60, at: place(2)) == frame(60))
  }

  @Test func withoutMergingAFrameWithoutRoomIsDroppedAndCounted() throws {
    try net.start(.version1)
    post([100, 100])
    backend.deliver([frame(89), frame(88)])
    #expect(net.interrupts.used.wait(for: 1))
    try net.settle()
    #expect(net.receive.takeUsed().map(\.written) == [0, 100])
    #expect(net.device.traffic.receiveDropped == 1)
    #expect(net.device.traffic.received == 1)
  }

  @Test func aFrameThatTheWholeQueueCannotHoldIsDropped() throws {
    try net.start()
    post([Int](repeating: 20, count: 8))
    backend.deliver([frame(1000), frame(8)])
    #expect(net.interrupts.used.wait(for: 1))
    #expect(net.receive.takeUsed().map(\.written) == [Int](repeating: 0, count: 8).map { UInt32($0) })
    #expect(net.device.traffic.receiveDropped == 1)
    post([20])
    #expect(net.interrupts.used.wait(for: 2))
    #expect(net.receive.takeUsed().map(\.written) == [20])
  }

  @Test func framesLongerThanTheMTUAreDropped() throws {
    try net.start()
    post([4000])
    backend.deliver([frame(1519), frame(3000), frame(1518)])
    #expect(net.interrupts.used.wait(for: 1))
    #expect(net.receive.takeUsed().map(\.written) == [1530])
    #expect(net.device.traffic.receiveDropped == 2)
  }

  @Test(arguments: [[], VirtioFeatures.eventIndex])
  func withoutBuffersFramesStayInTheBackendUntilAKick(features: VirtioFeatures) throws {
    try net.start(features.union(.netMergeableBuffers))
    backend.deliver((0..<5).map { frame(60, seed: $0) })
    try net.settle()
    #expect(backend.waitingCount == 5)
    post([200, 200])
    #expect(net.interrupts.used.wait(for: 1))
    try net.settle()
    #expect(backend.waitingCount == 3)
    #expect(net.receive.takeUsed().count == 2)
    net.receive.setUsedEvent(net.receive.usedIndex)
    post([200, 200, 200])
    #expect(net.interrupts.used.wait(for: 2))
    try net.settle()
    #expect(net.receive.takeUsed().count == 3)
    #expect(net.ram.load(count: 60, at: place(2) + 12) == frame(60, seed: 4))
  }

  @Test(arguments: [1, 11])
  func aBufferWithoutRoomForTheHeaderStopsTheDevice(count: Int) throws {
    try net.start()
    post([count])
    #expect(net.interrupts.faults.wait(for: 1))
    #expect(net.interrupts.fault.map { "\($0)" }?.contains("\(count) bytes") == true)
  }

  @Test func aBufferToReadStopsTheDevice() throws {
    try net.start()
    net.receive.add([.readable(0x10000, 100)])
    net.receive.kick()
    #expect(net.interrupts.faults.wait(for: 1))
  }

  /// Two guests on a cable: every frame of either comes to the other, in its order.
  @Test func twoCardsOnASocketReachEachOther() throws {
    let path = "/tmp/sortie-virtio-net-\(getpid())-\(UInt32.random(in: 0...(.max)))"
    let left = try NetFixture(backend: UnixSocketBackend(path: path))
    let right = try NetFixture(backend: UnixSocketBackend(path: path))
    try left.start()
    try right.start()
    #expect(left.interrupts.changes.wait(for: 1), "the link of who came first comes up")
    for (sender, receiver) in [(left, right), (right, left)] {
      for round in 0..<20 {
        receiver.receive.add([.writable(0x20000, 1530)])
        receiver.receive.kick()
        let before = receiver.interrupts.used.count
        sender.send(frame(60 + round * 70, seed: round))
        #expect(receiver.interrupts.used.wait(for: before + 1))
        #expect(receiver.receive.takeUsed().map(\.written) == [UInt32(72 + round * 70)])
        #expect(receiver.ram.load(count: 60 + round * 70, at: 0x2000c) == frame(60 + round * 70, seed: round))
        try sender.settle()
        _ = sender.transmit.takeUsed()
      }
    }
  }
}
