/// The device status field (Virtual I/O Device Version 1.2, section 2.1).
public struct VirtioStatus: OptionSet, Sendable, Hashable {
  /// The bits as the driver sees them.
  public let rawValue: UInt8
  /// A status from its bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The driver has noticed the device.
  public static let acknowledge = VirtioStatus(rawValue: 1)
  /// The driver knows how to drive the device.
  public static let driver = VirtioStatus(rawValue: 2)
  /// The driver is set up: the device works.
  public static let driverOK = VirtioStatus(rawValue: 4)
  /// Both sides agree on the features.
  public static let featuresOK = VirtioStatus(rawValue: 8)
  /// The device cannot go on until it is reset.
  public static let needsReset = VirtioStatus(rawValue: 64)
  /// The driver has given up.
  public static let failed = VirtioStatus(rawValue: 128)

  /// What the driver may set.
  static let ofDriver: VirtioStatus = [.acknowledge, .driver, .driverOK, .featuresOK, .failed]
}
