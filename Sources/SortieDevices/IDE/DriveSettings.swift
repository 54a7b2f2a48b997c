/// What commands change of a device. A software reset leaves it: this device knows no "enable reverting to power-on
/// defaults" (ATA/ATAPI-6, SET FEATURES).
struct DriveSettings: BitwiseCopyable, Sendable {
  /// Most sectors of a DRQ block of READ and WRITE MULTIPLE.
  static let maximumMultiple: UInt8 = 128

  /// Sectors of such a block; 0 while those commands are off. Drivers that set nothing use what they find.
  private(set) var multiple: UInt8 = 16
  /// Whether writes are done before they are durable.
  private(set) var hasWriteCache = true
  private(set) var looksAhead = true
  /// The DMA mode in use, as in the sector count register: kind in the upper bits, number in the lower three.
  private(set) var dmaMode: UInt8 = multiwordDMA | 2

  // Kinds of transfer modes (SET FEATURES, "set transfer mode").
  private static let pioDefault: UInt8 = 0x00
  private static let pio: UInt8 = 0x08
  static let multiwordDMA: UInt8 = 0x20
  static let ultraDMA: UInt8 = 0x40
  static let highestMultiwordDMA: UInt8 = 2
  static let highestUltraDMA: UInt8 = 5
  private static let highestPIO: UInt8 = 4

  /// SET MULTIPLE MODE.
  ///
  /// - Returns: false for a number that is no power of two or too large.
  mutating func setMultiple(_ count: UInt8) -> Bool {
    guard count <= Self.maximumMultiple, count.nonzeroBitCount <= 1 else { return false }
    multiple = count
    return true
  }

  /// SET FEATURES.
  ///
  /// - Returns: false for what the device does not have.
  mutating func set(feature: UInt8, _ count: UInt8) -> Bool {
    switch feature {
    case 0x02: hasWriteCache = true
    case 0x03: return setMode(count)
    case 0x55: looksAhead = false
    case 0x82: hasWriteCache = false
    case 0xaa: looksAhead = true
    default: return false
    }
    return true
  }

  private mutating func setMode(_ mode: UInt8) -> Bool {
    let number = mode & 7
    switch mode & ~7 {
    case Self.pioDefault: return number <= 1
    case Self.pio: return number <= Self.highestPIO
    case Self.multiwordDMA where number <= Self.highestMultiwordDMA,
      Self.ultraDMA where number <= Self.highestUltraDMA:
      dmaMode = mode
      return true
    default: return false
    }
  }
}
