internal import SortieDevices

/// Where the structures of the PCI transport lie in the one base address register, each on pages of its own,
/// and the capabilities that say so (Virtual I/O Device Version 1.2, section 4.1.4).
enum VirtioPCILayout {
  /// The base address register.
  static let bar = 0
  static let size: UInt64 = 0x8000

  static let common: Range<UInt64> = 0x0000..<0x0038
  static let interruptStatus: UInt64 = 0x1000
  static let device: Range<UInt64> = 0x2000..<0x3000
  static let notifications: Range<UInt64> = 0x3000..<0x4000
  /// Bytes from one queue's notification to the next's.
  static let notificationStride: UInt64 = 4
  static let vectorTable: UInt32 = 0x4000
  static let pendingBits: UInt32 = 0x5000
  /// Queues that have a vector each beside the configuration's in a page of vectors.
  static let queueLimit = 255

  // Types of capabilities, section 4.1.4.
  private static let commonType: UInt8 = 1
  private static let notificationType: UInt8 = 2
  private static let interruptStatusType: UInt8 = 3
  private static let deviceType: UInt8 = 4
  private static let accessType: UInt8 = 5

  private static let vendorCapability: UInt8 = 9
  // Fields of the access capability, section 4.1.4.9, from its start.
  static let accessBAR = 4
  static let accessOffset = 8
  static let accessLength = 12
  static let accessData = 16

  /// The capabilities; the last is the one for access through configuration space.
  static var capabilities: [PCICapability] {
    [
      capability(commonType, common),
      capability(notificationType, notifications, [UInt8(notificationStride), 0, 0, 0]),
      capability(interruptStatusType, interruptStatus..<interruptStatus + 1),
      capability(deviceType, device),
      access,
    ]
  }

  private static func capability(
    _ type: UInt8, _ range: Range<UInt64>, _ more: [UInt8] = []
  ) -> PCICapability {
    var body: [UInt8] = [UInt8(16 + more.count), type, UInt8(bar), 0, 0, 0]
    for value in [UInt32(range.lowerBound), UInt32(range.count)] {
      withUnsafeBytes(of: value.littleEndian) { body += $0 }
    }
    return PCICapability(id: vendorCapability, body: body + more)
  }

  /// The driver writes register number, offset, length and data; a body begins two bytes into its capability.
  private static var access: PCICapability {
    var capability = capability(accessType, 0..<0, [0, 0, 0, 0])
    capability.writable = [UInt8](repeating: 0, count: capability.body.count)
    capability.writable[accessBAR - 2] = 0xff
    for index in accessOffset - 2..<capability.body.count { capability.writable[index] = 0xff }
    return capability
  }
}
