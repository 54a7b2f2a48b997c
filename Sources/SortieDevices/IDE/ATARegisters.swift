/// Bits of the registers of an ATA device (ATA/ATAPI-6, T13/1410D revision 3b, chapter 7).
enum ATAStatus {
  static let busy: UInt8 = 1 << 7
  static let ready: UInt8 = 1 << 6
  /// Seek complete, which ATA/ATAPI-6 leaves to commands; drivers of its time expect it beside `ready`.
  static let seekComplete: UInt8 = 1 << 4
  static let dataRequest: UInt8 = 1 << 3
  static let error: UInt8 = 1 << 0
}

/// Bits of the error register (section 7.9), and what it holds after a reset.
enum ATAError {
  /// UNC: data that cannot be read.
  static let uncorrectable: UInt8 = 1 << 6
  /// IDNF: no such sector.
  static let notFound: UInt8 = 1 << 4
  /// ABRT: a command that the device does not know or could not do.
  static let aborted: UInt8 = 1 << 2
  /// The code of a diagnostic that both devices passed (section 8.11, table 26).
  static let passed: UInt8 = 0x01
}

/// Bits of the device control register (section 7.8).
enum ATAControl {
  /// HOB: reads of the 48-bit registers give what was written before the last.
  static let highOrderByte: UInt8 = 1 << 7
  static let softwareReset: UInt8 = 1 << 2
  /// nIEN: the devices let go of the interrupt line.
  static let interruptDisable: UInt8 = 1 << 1
}

/// The registers of the command block, by offset (section 7.2).
enum ATARegister {
  static let data: UInt8 = 0
  /// Error to read, features to write.
  static let features: UInt8 = 1
  static let count: UInt8 = 2
  static let low: UInt8 = 3
  static let mid: UInt8 = 4
  static let high: UInt8 = 5
  static let device: UInt8 = 6
  /// Status to read, command to write.
  static let command: UInt8 = 7
}
