import SortieDevices
import SortieVirtio
import Testing

@Suite struct VirtioPCIInitializationTests {
  private let virtio: VirtioPCIFixture

  init() throws { virtio = try VirtioPCIFixture() }

  @Test func theFunctionIsAModernDevice() {
    #expect(virtio.configuration(0, as: UInt32.self) == 0x1042_1af4)
    #expect(virtio.configuration(8, as: UInt8.self) == 1)
    #expect(virtio.configuration(0x2e, as: UInt16.self) >= 0x40)
    #expect(virtio.configuration(0x3c, as: UInt16.self) == 0x0113)
    #expect(Set(virtio.capabilities.keys) == [0, 1, 2, 3, 4, 5])
  }

  /// Section 4.1.4.
  @Test func eachStructureLiesInTheRegisterApartFromTheOthers() throws {
    var ranges: [Range<UInt32>] = []
    for type in 1...4 as ClosedRange<UInt8> {
      let capability = try #require(virtio.capabilities[type])
      #expect(virtio.configuration(capability + 2, as: UInt8.self) == (type == 2 ? 20 : 16))
      #expect(virtio.configuration(capability + 4, as: UInt8.self) == 0)
      let offset: UInt32 = virtio.configuration(capability + 8)
      let range = offset..<offset + virtio.configuration(capability + 12, as: UInt32.self)
      #expect(range.upperBound <= 0x8000 && offset % 4 == 0)
      for other in ranges { #expect(!other.overlaps(range)) }
      ranges.append(range)
    }
    #expect(ranges[0].count >= 56)
    let notification = try #require(virtio.capabilities[2])
    #expect(virtio.configuration(notification + 16, as: UInt32.self) == 4)
  }

  /// Section 3.1.1.
  @Test func aDriverInitialisesTheDevice() throws {
    #expect(virtio.status == 0)
    let wanted: VirtioFeatures = [.version1, .eventIndex, VirtioFeatures(bit: 40)]
    #expect(virtio.offered == virtio.device.features.union([.version1, .eventIndex, .indirectDescriptors]))
    virtio.negotiate(wanted)
    #expect(virtio.status == 11)
    #expect(virtio.common(0x12, as: UInt16.self) == 2)
    virtio.enableQueue(1, size: 32, at: 0x1_2345_6000)
    #expect(virtio.device.starts.isEmpty)
    virtio.status = 15
    #expect(virtio.status == 15)
    let start = try #require(virtio.device.starts.first)
    #expect(start.features == wanted)
    let queue = try #require(start.queues.first)
    #expect(start.queues.count == 1 && queue.index == 1 && queue.size == 32)
    #expect(
      queue.descriptors == 0x1_2345_6000 && queue.available == 0x2_468a_c000 && queue.used == 0x3_69d0_2000)
    #expect(queue.kick == virtio.function.notifications[1].descriptor)
  }

  @Test func queueAndRingFeaturesCanBeSwitchedOff() throws {
    let plain = try VirtioPCIFixture(features: [])
    #expect(plain.offered == plain.device.features.union(.version1))
  }

  @Test(arguments: [[], [.eventIndex], [.version1, VirtioFeatures(bit: 33)]] as [VirtioFeatures])
  func featuresThatDoNotWorkAreRefused(features: VirtioFeatures) {
    virtio.negotiate(features)
    #expect(virtio.status == 3)
    virtio.status = 15
    #expect(virtio.status == 3, "and no device starts with them")
    #expect(virtio.device.starts.isEmpty)
    virtio.accept(.version1)
    virtio.status = 11
    #expect(virtio.status == 11, "a driver may try others")
  }

  @Test func featuresStayOnceTheyAreAgreedOn() {
    virtio.negotiate([.version1])
    virtio.accept([.version1, .eventIndex])
    virtio.setCommon(0 as UInt32, 0x08)
    #expect(virtio.common(0x0c, as: UInt32.self) == 0)
    virtio.status = 15
    #expect(virtio.device.starts.first?.features == [.version1])
  }

  @Test func featureWordsBeyondTheSecondAreZero() {
    virtio.setCommon(2 as UInt32, 0x00)
    virtio.setCommon(2 as UInt32, 0x08)
    virtio.setCommon(UInt32.max, 0x0c)
    #expect(virtio.common(0x04, as: UInt32.self) == 0 && virtio.common(0x0c, as: UInt32.self) == 0)
  }

  @Test func aQueueThatIsNotThereHasNoSize() {
    virtio.setCommon(2 as UInt16, 0x16)
    #expect(virtio.common(0x18, as: UInt16.self) == 0)
    virtio.setCommon(0 as UInt16, 0x1a)
    #expect(virtio.common(0x1a, as: UInt16.self) == .max)
    virtio.enableQueue(.max, size: 16, at: 0x1000)
    #expect(virtio.common(0x1c, as: UInt16.self) == 0)
    virtio.setCommon(1 as UInt16, 0x16)
    #expect(virtio.common(0x18, as: UInt16.self) == 64 && virtio.common(0x1e, as: UInt16.self) == 1)
  }

  @Test func anEnabledQueueStaysAsItIs() {
    virtio.start()
    virtio.setCommon(0 as UInt16, 0x16)
    virtio.setCommon(0x9000 as UInt64, 0x20)
    virtio.setCommon(0 as UInt16, 0x1c)
    #expect(virtio.common(0x20, as: UInt64.self) == 0x1000)
    #expect(virtio.common(0x1c, as: UInt16.self) == 1)
    virtio.setCommon(1 as UInt16, 0x16)
    virtio.setCommon(1 as UInt16, 0x1c)
    #expect(virtio.common(0x1c, as: UInt16.self) == 0, "a working device takes no more queues")
  }

  @Test func fieldsAnswerInTheirOwnWidth() {
    #expect(virtio.common(0x14, as: UInt32.self) == .max)
    #expect(virtio.common(0x10, as: UInt8.self) == .max)
    virtio.setCommon(0x0f0f_0f0f as UInt32, 0x14)
    #expect(virtio.status == 0)
    virtio.setCommon(0x1122_3344_5566_7788 as UInt64, 0x20)
    #expect(virtio.common(0x24, as: UInt32.self) == 0x1122_3344)
    #expect(virtio.common(0x38, as: UInt32.self) == .max, "past the end")
  }

  @Test func theDevicesConfigurationIsItsOwn() {
    virtio.store(0x1234_5678 as UInt32, virtio.structure(4) + 2)
    #expect(virtio.load(virtio.structure(4), as: UInt64.self) == 0x1234_5678_0000)
    #expect(virtio.load(virtio.structure(4) + 6, as: UInt32.self) == 0xffff_0000)
  }

  /// Section 4.1.4.9.
  @Test func theAccessCapabilityReachesTheRegister() throws {
    let capability = try #require(virtio.capabilities[5])
    virtio.setConfiguration(0 as UInt8, capability + 4)
    virtio.setConfiguration(0x14 as UInt32, capability + 8)
    virtio.setConfiguration(1 as UInt32, capability + 12)
    virtio.setConfiguration(3 as UInt8, capability + 16)
    #expect(virtio.status == 3)
    virtio.status = 7
    #expect(virtio.configuration(capability + 16, as: UInt8.self) == 3, "no DRIVER_OK without FEATURES_OK")
    virtio.setConfiguration(0x12 as UInt32, capability + 8)
    virtio.setConfiguration(2 as UInt32, capability + 12)
    #expect(virtio.configuration(capability + 16, as: UInt16.self) == 2, "number of queues")
    for (bar, offset, length) in [(1, 0x12, 2), (0, 0x13, 2), (0, 0x12, 3), (0, 0x8000, 4)]
      as [(UInt8, UInt32, UInt32)]
    {
      virtio.setConfiguration(bar, capability + 4)
      virtio.setConfiguration(offset, capability + 8)
      virtio.setConfiguration(length, capability + 12)
      virtio.setConfiguration(0x5a as UInt32, capability + 16)
      #expect(virtio.configuration(capability + 16, as: UInt32.self) == 0x5a, "leads nowhere")
    }
  }
}
