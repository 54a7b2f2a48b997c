/// The registers that a driver initialises a device with, the same on every transport (Virtual I/O Device
/// Version 1.2, sections 2.1 to 2.3 and 3.1). The caller serialises, and starts and stops the device.
struct VirtioDriverRegisters: Sendable {
  /// What a write of the status asks of the device.
  enum Request {
    case none
    case start
    case reset
  }

  /// What the device offers.
  let offered: VirtioFeatures
  /// Which 32 of the offered features ``deviceFeatures`` shows.
  var deviceFeatureSelect: UInt32 = 0
  /// Which 32 of the accepted features ``driverFeatures`` is.
  var driverFeatureSelect: UInt32 = 0
  /// Which queue the queue registers are about.
  var queueSelect: UInt16 = 0
  /// The driver's part of the status.
  private(set) var status: VirtioStatus = []
  /// What the driver accepts, checked once the status has FEATURES_OK.
  private(set) var accepted: VirtioFeatures = []
  private(set) var queues: [VirtioQueueRegisters]

  /// Registers after reset.
  init(offered: VirtioFeatures, queueSizes: [UInt16]) {
    self.offered = offered
    queues = queueSizes.map { VirtioQueueRegisters(maximumSize: $0) }
  }

  var deviceFeatures: UInt32 { Self.half(deviceFeatureSelect, of: offered) }

  /// Accepted features. From FEATURES_OK on they stay as they are.
  var driverFeatures: UInt32 {
    get { Self.half(driverFeatureSelect, of: accepted) }
    set {
      guard !status.contains(.featuresOK) else { return }
      var bits = accepted.rawValue
      switch driverFeatureSelect {
      case 0: bits.low = newValue
      case 1: bits.high = newValue
      default: return
      }
      accepted = VirtioFeatures(rawValue: bits)
    }
  }

  private static func half(_ select: UInt32, of features: VirtioFeatures) -> UInt32 {
    switch select {
    case 0: features.rawValue.low
    case 1: features.rawValue.high
    default: 0
    }
  }

  /// The selected queue, if the device has it.
  var selectedQueue: VirtioQueueRegisters? {
    queues.indices.contains(Int(queueSelect)) ? queues[Int(queueSelect)] : nil
  }

  /// Changes the selected queue. Once it is enabled, or the device works, it stays as it is.
  mutating func changeQueue(_ change: (inout VirtioQueueRegisters) -> Void) {
    guard let queue = selectedQueue, !queue.isEnabled, !status.contains(.driverOK) else { return }
    change(&queues[Int(queueSelect)])
  }

  /// Writes the status. Bits stay until a reset, whatever a driver writes. FEATURES_OK stays clear when the
  /// device cannot work with the features, and DRIVER_OK without it.
  mutating func writeStatus(_ value: UInt8) -> Request {
    guard value != 0 else { return .reset }
    var added = VirtioStatus(rawValue: value).intersection(.ofDriver).subtracting(status)
    if added.contains(.featuresOK), !accepted.isSubset(of: offered) || !accepted.contains(.version1) {
      added.remove(.featuresOK)
    }
    if added.contains(.driverOK), !status.union(added).contains(.featuresOK) { added.remove(.driverOK) }
    status.formUnion(added)
    return added.contains(.driverOK) ? .start : .none
  }
}
