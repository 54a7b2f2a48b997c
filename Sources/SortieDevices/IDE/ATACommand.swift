/// The commands of a disk (ATA/ATAPI-6, chapter 8). What is not here the device aborts.
enum ATACommand: Equatable {
  /// Moves sectors, in DRQ blocks of as many as SET MULTIPLE MODE said if `isMultiple`.
  case transfer(Transfer.Kind, isExtended: Bool, isMultiple: Bool)
  case identify
  case flush
  case setFeatures
  case setMultiple
  case power(PowerMode)
  case checkPower
  /// Both devices do it, whichever is selected.
  case diagnose
  /// Done as soon as it is given: for drivers older than ATA/ATAPI-6, of which some begin with these.
  case obsolete

  init?(code: UInt8) {
    switch code {
    case 0x10...0x1f, 0x91: self = .obsolete  // RECALIBRATE, INITIALIZE DEVICE PARAMETERS
    // With and without retries, where two codes stand.
    case 0x20, 0x21: self = .transfer(.pioIn, isExtended: false, isMultiple: false)
    case 0x24: self = .transfer(.pioIn, isExtended: true, isMultiple: false)
    case 0x25: self = .transfer(.dmaIn, isExtended: true, isMultiple: false)
    case 0x29: self = .transfer(.pioIn, isExtended: true, isMultiple: true)
    case 0x30, 0x31: self = .transfer(.pioOut, isExtended: false, isMultiple: false)
    case 0x34: self = .transfer(.pioOut, isExtended: true, isMultiple: false)
    case 0x35: self = .transfer(.dmaOut, isExtended: true, isMultiple: false)
    case 0x39: self = .transfer(.pioOut, isExtended: true, isMultiple: true)
    case 0x40, 0x41: self = .transfer(.verify, isExtended: false, isMultiple: false)
    case 0x42: self = .transfer(.verify, isExtended: true, isMultiple: false)
    case 0x90: self = .diagnose
    case 0xc4: self = .transfer(.pioIn, isExtended: false, isMultiple: true)
    case 0xc5: self = .transfer(.pioOut, isExtended: false, isMultiple: true)
    case 0xc6: self = .setMultiple
    case 0xc8, 0xc9: self = .transfer(.dmaIn, isExtended: false, isMultiple: false)
    case 0xca, 0xcb: self = .transfer(.dmaOut, isExtended: false, isMultiple: false)
    case 0xe0, 0xe2: self = .power(.standby)  // at once, and with a timer, which is at once here
    case 0xe1, 0xe3: self = .power(.idle)
    case 0xe5: self = .checkPower
    case 0xe6: self = .power(.asleep)
    case 0xe7, 0xea: self = .flush
    case 0xec: self = .identify
    case 0xef: self = .setFeatures
    default: return nil
    }
  }
}

/// How much of a disk is awake (ATA/ATAPI-6, power management); the values are what CHECK POWER MODE says of them.
enum PowerMode: UInt8, Sendable {
  case active = 0xff
  case idle = 0x80
  case standby = 0x00
  /// Only a reset is heard; nobody can ask.
  case asleep = 0x01
}
