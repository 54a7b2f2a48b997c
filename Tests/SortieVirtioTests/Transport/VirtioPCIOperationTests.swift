import SortieDevices
import SortieVirtio
import Synchronization
import Testing

@Suite struct VirtioPCIOperationTests {
  private let virtio: VirtioPCIFixture
  private let fault = VirtioFault.queueSize(queue: 0, size: 0)

  init() throws { virtio = try VirtioPCIFixture() }

  private var running: any VirtioInterrupts {
    get throws { try #require(virtio.device.starts.last).interrupts }
  }

  @Test func aKickSignalsTheQueuesDescriptorOnly() {
    virtio.start()
    virtio.store(1 as UInt16, virtio.structure(2) + 4)
    virtio.store(1 as UInt16, virtio.structure(2) + 4)
    #expect(virtio.takeKicks(1) == 2 && virtio.takeKicks(0) == 0)
    virtio.store(1 as UInt16, virtio.structure(2) + 2)
    virtio.store(2 as UInt16, virtio.structure(2) + 8)
    #expect(virtio.takeKicks(0) == 0 && virtio.takeKicks(1) == 0)
  }

  @Test func notificationsAreWhereTheDriverFindsThem() {
    for (queue, notification) in virtio.function.notifications.enumerated() {
      virtio.setCommon(UInt16(queue), 0x16)
      let offset = UInt64(virtio.common(0x1e, as: UInt16.self)) * 4
      #expect(notification.bar == 0)
      #expect(virtio.structure(1) + notification.offset == virtio.structure(2) + offset)
    }
  }

  @Test func withoutMessagesUsedBuffersRaiseThePin() throws {
    virtio.start()
    try running.usedBuffers(queue: 0)
    try running.usedBuffers(queue: 0)
    #expect(virtio.takeInterrupts() == [.pin(true)])
    #expect(virtio.configuration(6, as: UInt16.self) & 8 == 8)
    #expect(virtio.interruptStatus == 1)
    #expect(virtio.takeInterrupts() == [.pin(false)])
    try running.configurationChanged()
    try running.usedBuffers(queue: 0)
    #expect(virtio.interruptStatus == 3 && virtio.interruptStatus == 0)
    #expect(try running.callDescriptor(queue: 0) == nil)
  }

  @Test func messagesGoToTheVectorsThatTheDriverChose() throws {
    virtio.enableMessages()
    virtio.start(vector: 2)
    virtio.setCommon(1 as UInt16, 0x10)
    try running.usedBuffers(queue: 0)
    #expect(virtio.takeInterrupts() == [.send(2)])
    #expect(virtio.interruptStatus == 0, "queues do not show there with messages")
    try running.configurationChanged()
    #expect(virtio.takeInterrupts() == [.send(1)])
    #expect(try running.callDescriptor(queue: 0) == 1002)
    try running.usedBuffers(queue: 1)
    #expect(virtio.takeInterrupts().isEmpty, "no vector, no interrupt")
    #expect(try running.callDescriptor(queue: 1) == nil)
  }

  /// Section 4.1.5.1.2.1.
  @Test func aVectorThatIsNotThereReadsAsNone() {
    virtio.setCommon(2 as UInt16, 0x10)
    #expect(virtio.common(0x10, as: UInt16.self) == 2)
    virtio.setCommon(3 as UInt16, 0x10)
    #expect(virtio.common(0x10, as: UInt16.self) == .max)
    virtio.setCommon(0 as UInt16, 0x16)
    virtio.setCommon(0xfffe as UInt16, 0x1a)
    #expect(virtio.common(0x1a, as: UInt16.self) == .max)
  }

  @Test func theGenerationChangesWithTheConfiguration() throws {
    virtio.start()
    let before: UInt8 = virtio.common(0x15)
    try running.configurationChanged()
    #expect(virtio.common(0x15, as: UInt8.self) == before &+ 1)
  }

  @Test func aResetStopsTheDeviceAndForgetsTheDriver() throws {
    virtio.enableMessages()
    virtio.start(vector: 1)
    virtio.setCommon(0 as UInt16, 0x10)
    try running.configurationChanged()
    virtio.status = 0
    #expect(virtio.status == 0 && !virtio.device.isRunning)
    #expect(virtio.interruptStatus == 0)
    #expect(virtio.common(0x10, as: UInt16.self) == .max && virtio.common(0x1a, as: UInt16.self) == .max)
    #expect(virtio.common(0x1c, as: UInt16.self) == 0 && virtio.common(0x18, as: UInt16.self) == 256)
    #expect(virtio.common(0x20, as: UInt64.self) == 0)
    virtio.start()
    #expect(virtio.device.isRunning && virtio.device.starts.count == 2)
  }

  /// A thread of the device that reports while the driver resets must not wait for the driver, who waits for
  /// it.
  @Test func aDeviceMayReportWhileItIsStopped() throws {
    virtio.start()
    virtio.device.whileStopping { interrupts in
      interrupts.usedBuffers(queue: 0)
      interrupts.configurationChanged()
      interrupts.needsReset(.backend("the disk is gone"))
      _ = interrupts.callDescriptor(queue: 0)
    }
    virtio.status = 0
    #expect(virtio.status == 0 && virtio.interruptStatus == 0)
    #expect(virtio.takeInterrupts().last == .pin(false))
    #expect(virtio.function.fault == .backend("the disk is gone"))
  }

  @Test func aDeviceThatCannotStartNeedsAReset() {
    virtio.device.refuse(fault)
    virtio.start()
    #expect(virtio.status == 15 | 64)
    #expect(virtio.interruptStatus == 2, "the driver is told")
    #expect(virtio.function.fault == fault)
  }

  @Test func theFirstFaultIsKeptThroughResets() throws {
    virtio.start()
    try running.needsReset(fault)
    try running.needsReset(.backend("later"))
    #expect(virtio.status == 79)
    virtio.status = 0x7f
    #expect(virtio.status == 79, "the driver cannot clear it but by a reset")
    virtio.start()
    #expect(virtio.status == 15)
    #expect(virtio.function.fault == fault)
  }

  @Test func statusBitsStayUntilAReset() {
    virtio.start()
    virtio.status = 1
    #expect(virtio.status == 15)
    virtio.status = 0x80
    #expect(virtio.status == 0x8f)
    #expect(virtio.device.starts.count == 1, "started once")
    virtio.status = 0x40
    #expect(virtio.status == 0x8f, "the device's own bit")
  }

  @Test func theMachineStopsTheDevice() {
    virtio.start()
    virtio.function.stop()
    #expect(!virtio.device.isRunning)
  }
}
