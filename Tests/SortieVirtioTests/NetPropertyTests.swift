import DeviceFixtures
import SortieDevices
import SortieStatistics
import Testing

@testable import SortieVirtio

/// Guests that cut their buffers anyhow, and guests that write anything.
@Suite struct NetPropertyTests {
  /// Whatever the sizes of the buffers, a frame comes as it was sent, in as many buffers as its header says.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func receivedFramesAreWholeHoweverBuffersAreCut(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let backend = FakeNetBackend()
    let net = try NetFixture(backend: backend, size: 32)
    let queue = try net.receive.queue()
    let receiver = NetReceiver(
      queue, backend: backend, mtu: 1500, mergesBuffers: true, counters: NetCounters())
    var chain = DescriptorChain(capacity: 32)
    for round in 0..<50 {
      let sent = frame(Int.random(in: 14...1518, using: &random), seed: round)
      backend.deliver([sent])
      var places: [UInt32: [MockDriver.Buffer]] = [:]
      var received: [UInt8] = []
      while received.isEmpty {
        // Header and frame in at most 32 descriptors.
        let sizes = (0..<Int.random(in: 1...2, using: &random)).map { _ in
          Int.random(in: 60...900, using: &random)
        }
        let buffers = sizes.enumerated().map {
          MockDriver.Buffer.writable(0x10000 + UInt64(places.count * 2 + $0) * 0x400, $1)
        }
        places[UInt32(net.receive.add(buffers))] = buffers
        #expect(try queue.pop(into: &chain))
        guard case .taken = try receiver.fill(&chain) else {
          Issue.record("the frame was not taken")
          return
        }
        let used = net.receive.takeUsed()
        for entry in used {
          var left = Int(entry.written)
          for buffer in places[entry.id] ?? [] {
            received += net.ram.load(count: min(left, Int(buffer.count)), at: buffer.address)
            left -= min(left, Int(buffer.count))
          }
        }
        if !used.isEmpty {
          #expect(used.count == Int(received[10]) | Int(received[11]) << 8)
          #expect(Array(received.dropFirst(12)) == sent, "seed \(seed), round \(round)")
        }
      }
    }
  }

  /// Any descriptors, any rings, any frames: the device goes on or stops with a reason, and touches nothing but RAM.
  @Test(arguments: 0..<40 as Range<UInt64>)
  func anyDescriptorsEndInAReasonOrInFrames(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let backend = FakeNetBackend()
    let net = try NetFixture(backend: backend)
    try net.start(VirtioFeatures(rawValue: .random(in: 0...(.max), using: &random)))
    for _ in 0..<200 {
      let driver = Bool.random(using: &random) ? net.receive : net.transmit
      for index in 0..<driver.setup.size where Bool.random(using: &random) {
        driver.setDescriptor(
          index, address: .random(in: 0..<0x41000, using: &random),
          count: .random(in: 0..<3000, using: &random), flags: .random(in: 0..<8, using: &random),
          next: .random(in: 0..<9, using: &random))
      }
      driver.makeAvailable(.random(in: 0..<9, using: &random))
      driver.kick()
      backend.deliver([frame(.random(in: 0...2000, using: &random))])
    }
    net.device.stop()
    let used = net.receive.usedIndex
    backend.deliver([frame(60)])
    net.receive.kick()
    try net.settle()
    #expect(net.receive.usedIndex == used, "nothing moves after the stop")
    #expect(backend.sent.allSatisfy { (14...1518).contains($0.count) })
  }
}
