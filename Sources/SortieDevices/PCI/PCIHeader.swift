/// Registers of the type 0 header of configuration space (PCI Local Bus Specification 3.0, section 6.1), and
/// their bits.
enum PCIHeader {
  static let vendor = 0x00
  static let device = 0x02
  static let command = 0x04
  static let status = 0x06
  static let revision = 0x08
  static let classCode = 0x09
  static let firstBAR = 0x10
  static let subsystemVendor = 0x2c
  static let subsystem = 0x2e
  static let capabilities = 0x34
  static let interruptLine = 0x3c
  static let interruptPin = 0x3d
  /// Where the header ends and the registers of the function and its capabilities begin.
  static let end = 0x40

  // Command, section 6.2.2.
  static let portsEnable: UInt16 = 1 << 0
  static let memoryEnable: UInt16 = 1 << 1
  static let busMaster: UInt16 = 1 << 2
  static let interruptDisable: UInt16 = 1 << 10

  // Status, section 6.2.3.
  static let interruptStatus: UInt16 = 1 << 3
  static let capabilityList: UInt16 = 1 << 4
  /// What a function reports of errors, each cleared by writing one: bits 8 and 11 to 15.
  static let errors: UInt16 = 0xf900

  // Capability ID, appendix H.
  static let msixCapability: UInt8 = 0x11
}
