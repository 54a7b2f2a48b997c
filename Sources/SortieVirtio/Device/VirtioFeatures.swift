/// Feature bits (Virtual I/O Device Version 1.2, sections 2.2 and 6); those of a kind of device stand with that device.
public struct VirtioFeatures: OptionSet, Sendable, Hashable {
  /// The 64 bits.
  public let rawValue: UInt64
  /// Features from their bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// The feature of this bit number.
  public init(bit: Int) { rawValue = 1 << UInt64(bit) }

  /// Descriptors may point to tables of descriptors (VIRTIO_F_INDIRECT_DESC).
  public static let indirectDescriptors = VirtioFeatures(bit: 28)
  /// Both sides say from which index on they want to be told (VIRTIO_F_EVENT_IDX).
  public static let eventIndex = VirtioFeatures(bit: 29)
  /// The device complies with version 1 of the specification (VIRTIO_F_VERSION_1); no other driver is served.
  public static let version1 = VirtioFeatures(bit: 32)
}
