/// A device on a cable: the registers that are its own, and what it is.
struct ATADrive: BitwiseCopyable, Sendable {
  let sectorCount: UInt64
  let isReadOnly: Bool

  var file = TaskFile.signature
  var error = ATAError.passed
  /// The ERR bit.
  var hasFailed = false
  /// Whether the device asks for an interrupt, which is seen while it is selected (ATA/ATAPI-6, section 5.2.9).
  var isInterrupting = false
  var settings = DriveSettings()
  var power = PowerMode.active

  init(_ disk: any BlockBackend) {
    // What 48 bits can say.
    sectorCount = min(disk.byteCount / sectorSize, 1 << 48 - 1)
    isReadOnly = disk.isReadOnly
  }

  /// Status without BSY and DRQ.
  var status: UInt8 { ATAStatus.ready | ATAStatus.seekComplete | (hasFailed ? ATAStatus.error : 0) }

  /// The signature and the code of a diagnostic that was passed (section 9.12).
  mutating func reset() {
    file = .signature
    error = ATAError.passed
    hasFailed = false
    isInterrupting = false
    power = .active
  }

  /// A command begins.
  mutating func begin() {
    isInterrupting = false
    hasFailed = false
    error = 0
  }

  mutating func fail(_ bits: UInt8) {
    hasFailed = true
    error = bits
  }
}
