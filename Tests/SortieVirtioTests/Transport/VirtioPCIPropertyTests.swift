import SortieDevices
import SortieStatistics
import SortieVirtio
import Testing

/// A hostile driver: any access anywhere in the register and in configuration space, and resets in between.
@Suite struct VirtioPCIPropertyTests {
  @Test(arguments: 0..<4 as Range<UInt64>) func anyAccessKeepsTheRules(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let virtio = try VirtioPCIFixture()
    var started = 0
    for step in 0..<5000 {
      let value = UInt64.random(in: 0...(.max), using: &random)
      let offset = UInt64.random(in: 0..<64, using: &random)
      let structure = virtio.structure(UInt8.random(in: 1...4, using: &random))
      switch Int.random(in: 0..<12, using: &random) {
      case 0: virtio.store(UInt8(truncatingIfNeeded: value), structure + offset)
      case 1: virtio.store(UInt16(truncatingIfNeeded: value & 3), structure + offset)
      case 2: virtio.store(UInt32(truncatingIfNeeded: value), structure + offset)
      case 3: virtio.store(value, structure + offset)
      case 4: _ = virtio.load(structure + offset, as: UInt64.self)
      case 5: virtio.setConfiguration(UInt32(truncatingIfNeeded: value), 0x40 + Int(offset) * 2)
      case 6: virtio.negotiate([.version1])
      case 7: virtio.enableQueue(UInt16(value & 1), size: 8, at: value)
      case 8: virtio.status = UInt8(truncatingIfNeeded: value)
      case 9: virtio.status = 15
      case 10: virtio.device.starts.last?.interrupts.usedBuffers(queue: Int(value & 1))
      default: _ = virtio.interruptStatus
      }
      let status = VirtioStatus(rawValue: virtio.status)
      #expect(virtio.device.isRunning == status.contains(.driverOK), "seed \(seed), step \(step)")
      #expect(!status.contains(.driverOK) || status.contains(.featuresOK))
      if virtio.device.starts.count > started {
        started = virtio.device.starts.count
        let features = virtio.device.starts[started - 1].features
        #expect(features.contains(.version1) && features.isSubset(of: virtio.offered))
      }
    }
    #expect(started > 50, "the walk reaches the interesting states")
  }
}
