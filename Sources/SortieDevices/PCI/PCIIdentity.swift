/// What says which function this is and how to drive it (PCI Local Bus Specification 3.0, section 6.2.1).
public struct PCIIdentity: Sendable {
  /// Vendor ID.
  public var vendor: UInt16
  /// Device ID, the vendor's.
  public var device: UInt16
  /// Revision ID, the vendor's.
  public var revision: UInt8
  /// Base class, subclass and programming interface, 8 bits each, the base class highest (appendix D).
  public var classCode: UInt32
  /// Subsystem vendor ID and subsystem ID.
  public var subsystemVendor: UInt16
  /// Subsystem ID, the subsystem vendor's.
  public var subsystem: UInt16

  /// An identity of these values; of `classCode` the lower 24 bits count.
  public init(
    vendor: UInt16, device: UInt16, revision: UInt8 = 0, classCode: UInt32,
    subsystemVendor: UInt16 = 0, subsystem: UInt16 = 0
  ) {
    self.vendor = vendor
    self.device = device
    self.revision = revision
    self.classCode = classCode & 0xff_ffff
    self.subsystemVendor = subsystemVendor
    self.subsystem = subsystem
  }
}
