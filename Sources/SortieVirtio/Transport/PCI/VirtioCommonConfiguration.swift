/// The common configuration structure (Virtual I/O Device Version 1.2, section 4.1.4.3): each field in its
/// own width, those of 64 bits also by halves (section 4.1.3.1).
extension VirtioTransport {
  private enum Field {
    static let deviceFeatureSelect = 0x00
    static let deviceFeature = 0x04
    static let driverFeatureSelect = 0x08
    static let driverFeature = 0x0c
    static let configurationVector = 0x10
    static let queueCount = 0x12
    static let status = 0x14
    static let configurationGeneration = 0x15
    static let queueSelect = 0x16
    static let queueSize = 0x18
    static let queueVector = 0x1a
    static let queueEnable = 0x1c
    static let queueNotificationOffset = 0x1e
    static let queueDescriptors = 0x20
    static let queueAvailable = 0x28
    static let queueUsed = 0x30
  }

  /// The field of `count` bytes at `offset`; nil where none has this width. Those of a queue that is not
  /// there are 0.
  func readCommon(_ offset: Int, count: Int, _ interrupts: VirtioPCIInterrupts) -> UInt64? {
    switch (offset, count) {
    case (Field.deviceFeatureSelect, 4): withRegisters { UInt64($0.deviceFeatureSelect) }
    case (Field.deviceFeature, 4): withRegisters { UInt64($0.deviceFeatures) }
    case (Field.driverFeatureSelect, 4): withRegisters { UInt64($0.driverFeatureSelect) }
    case (Field.driverFeature, 4): withRegisters { UInt64($0.driverFeatures) }
    case (Field.configurationVector, 2): UInt64(interrupts.configurationVector)
    case (Field.queueCount, 2): UInt64(queueCount)
    case (Field.status, 1): UInt64(status.rawValue)
    case (Field.configurationGeneration, 1): UInt64(condition.configurationGeneration)
    case (Field.queueSelect, 2): withRegisters { UInt64($0.queueSelect) }
    case (Field.queueVector, 2): UInt64(interrupts[withRegisters { Int($0.queueSelect) }])
    case (Field.queueNotificationOffset, 2):
      // The queue's own number: each has a notification of its own.
      withRegisters { $0.selectedQueue == nil ? 0 : UInt64($0.queueSelect) }
    default: withRegisters { Self.queueField($0.selectedQueue, offset, count) }
    }
  }

  private static func queueField(_ queue: VirtioQueueRegisters?, _ offset: Int, _ count: Int) -> UInt64? {
    switch (offset, count) {
    case (Field.queueSize, 2): UInt64(queue?.size ?? 0)
    case (Field.queueEnable, 2): queue?.isEnabled == true ? 1 : 0
    case (Field.queueDescriptors, 8): queue?.descriptors ?? 0
    case (Field.queueDescriptors, 4): UInt64(queue?.descriptors.low ?? 0)
    case (Field.queueDescriptors + 4, 4): UInt64(queue?.descriptors.high ?? 0)
    case (Field.queueAvailable, 8): queue?.available ?? 0
    case (Field.queueAvailable, 4): UInt64(queue?.available.low ?? 0)
    case (Field.queueAvailable + 4, 4): UInt64(queue?.available.high ?? 0)
    case (Field.queueUsed, 8): queue?.used ?? 0
    case (Field.queueUsed, 4): UInt64(queue?.used.low ?? 0)
    case (Field.queueUsed + 4, 4): UInt64(queue?.used.high ?? 0)
    default: nil
    }
  }

  /// Writes the field of `count` bytes at `offset`, where there is one of this width that can be written.
  func writeCommon(_ offset: Int, count: Int, _ value: UInt64, _ interrupts: VirtioPCIInterrupts) {
    switch (offset, count) {
    case (Field.deviceFeatureSelect, 4): withRegisters { $0.deviceFeatureSelect = value.low }
    case (Field.driverFeatureSelect, 4): withRegisters { $0.driverFeatureSelect = value.low }
    case (Field.driverFeature, 4): withRegisters { $0.driverFeatures = value.low }
    case (Field.configurationVector, 2): interrupts.configurationVector = UInt16(truncatingIfNeeded: value)
    case (Field.status, 1): writeStatus(UInt8(truncatingIfNeeded: value))
    case (Field.queueSelect, 2): withRegisters { $0.queueSelect = UInt16(truncatingIfNeeded: value) }
    case (Field.queueVector, 2):
      interrupts[withRegisters { Int($0.queueSelect) }] = UInt16(truncatingIfNeeded: value)
    default: withRegisters { $0.changeQueue { Self.setQueueField(&$0, offset, count, value) } }
    }
  }

  private static func setQueueField(
    _ queue: inout VirtioQueueRegisters, _ offset: Int, _ count: Int, _ value: UInt64
  ) {
    switch (offset, count) {
    case (Field.queueSize, 2): queue.size = UInt16(truncatingIfNeeded: value)
    case (Field.queueEnable, 2): queue.isEnabled = value == 1
    case (Field.queueDescriptors, 8): queue.descriptors = value
    case (Field.queueDescriptors, 4): queue.descriptors.low = value.low
    case (Field.queueDescriptors + 4, 4): queue.descriptors.high = value.low
    case (Field.queueAvailable, 8): queue.available = value
    case (Field.queueAvailable, 4): queue.available.low = value.low
    case (Field.queueAvailable + 4, 4): queue.available.high = value.low
    case (Field.queueUsed, 8): queue.used = value
    case (Field.queueUsed, 4): queue.used.low = value.low
    case (Field.queueUsed + 4, 4): queue.used.high = value.low
    default: break
    }
  }
}
