/// The 256 words of IDENTIFY DEVICE (ATA/ATAPI-6, section 8.15).
struct IdentifyData: Sendable {
  static let byteCount = 512

  /// What the commands of the host do not change.
  private let words: [UInt16]

  // Words.
  private static let multiwordDMA = 63
  private static let multiple = 59
  private static let enabled = 85
  private static let ultraDMA = 88
  private static let integrity = 255

  // Words 82 and 85.
  private static let writeCache: UInt16 = 1 << 5
  private static let lookAhead: UInt16 = 1 << 6

  /// - Parameter isSecond: whether the device is device 1 of its cable.
  init(_ disk: IDEDisk, isSecond: Bool) {
    let sectorCount = ATADrive(disk.backend).sectorCount
    var words = [UInt16](repeating: 0, count: Self.byteCount / 2)
    words[0] = 0x0040  // a device that stays where it is
    words[2] = 0xc837  // spins up by itself, and all of this is true at once
    Self.set(disk.serial, &words, 10..<20)
    Self.set("1.0", &words, 23..<27)
    Self.set("Sortie IDE Disk", &words, 27..<47)
    words[47] = 0x8000 | UInt16(DriveSettings.maximumMultiple)
    words[49] = 0x0f00  // IORDY, LBA, DMA
    words[50] = 0x4000
    words[51] = 0x0200  // PIO mode 2, for hosts that know no word 64
    words[53] = 0x0007  // words 54 to 58, 64 to 70 and 88 are valid
    Self.setGeometry(sectorCount, &words)
    Self.set(min(sectorCount, 0x0fff_ffff), &words, 60..<62)
    words[64] = 0x0003  // PIO modes 3 and 4
    for index in 65...68 { words[index] = 120 }  // nanoseconds of a cycle
    words[80] = 0x0070  // ATA/ATAPI-4 to 6
    words[82] = 0x4008 | Self.writeCache | Self.lookAhead  // NOP, power management
    words[83] = 0x7400  // both FLUSH CACHEs, 48-bit addresses
    words[84] = 0x4000
    words[86] = 0x3400
    words[87] = 0x4000
    words[93] = isSecond ? 0x6300 : 0x600b  // a cable of 80 wires, and a jumper said which device this is
    Self.set(sectorCount, &words, 100..<104)
    self.words = words
  }

  /// Fills in the data of a device with `settings`.
  func write(_ settings: DriveSettings, into bytes: UnsafeMutableRawBufferPointer) {
    var sum: UInt8 = 0
    for index in 0..<Self.integrity {
      let word = word(index, settings)
      bytes.storeBytes(of: word.littleEndian, toByteOffset: 2 * index, as: UInt16.self)
      sum &+= UInt8(truncatingIfNeeded: word) &+ UInt8(truncatingIfNeeded: word >> 8)
    }
    // With this signature and its other byte all bytes add up to zero.
    let signature: UInt8 = 0xa5
    bytes[2 * Self.integrity] = signature
    bytes[2 * Self.integrity + 1] = 0 &- sum &- signature
  }

  private func word(_ index: Int, _ settings: DriveSettings) -> UInt16 {
    switch index {
    case Self.multiple:
      return settings.multiple == 0 ? 0 : 0x0100 | UInt16(settings.multiple)
    case Self.multiwordDMA:
      return Self.modes(
        DriveSettings.multiwordDMA, highest: DriveSettings.highestMultiwordDMA, settings.dmaMode)
    case Self.ultraDMA:
      return Self.modes(DriveSettings.ultraDMA, highest: DriveSettings.highestUltraDMA, settings.dmaMode)
    case Self.enabled:
      var word = words[82]
      if !settings.hasWriteCache { word &= ~Self.writeCache }
      if !settings.looksAhead { word &= ~Self.lookAhead }
      return word
    default:
      return words[index]
    }
  }

  /// A bit for each mode of a kind up to the highest, and in the upper byte the one in use.
  private static func modes(_ kind: UInt8, highest: UInt8, _ selected: UInt8) -> UInt16 {
    let supported = UInt16(1) << (UInt16(highest) + 1) - 1
    return selected & ~7 == kind ? supported | 0x0100 << UInt16(selected & 7) : supported
  }

  /// Cylinders, heads and sectors for hosts that show them; no command takes them.
  private static func setGeometry(_ sectorCount: UInt64, _ words: inout [UInt16]) {
    let heads: UInt64 = 16
    let sectors: UInt64 = 63
    let cylinders = min(sectorCount / (heads * sectors), 16383)
    words[1] = UInt16(cylinders)
    words[3] = UInt16(heads)
    words[6] = UInt16(sectors)
    // What is in use is what it began with.
    words[54] = words[1]
    words[55] = words[3]
    words[56] = words[6]
    set(cylinders * heads * sectors, &words, 57..<59)
  }

  /// A number, the lowest word first.
  private static func set(_ value: UInt64, _ words: inout [UInt16], _ range: Range<Int>) {
    for (place, index) in range.enumerated() {
      words[index] = UInt16(truncatingIfNeeded: value >> UInt64(16 * place))
    }
  }

  /// Printable ASCII padded with spaces, the first character of two in the upper byte.
  private static func set(_ text: String, _ words: inout [UInt16], _ range: Range<Int>) {
    let space = UInt8(ascii: " ")
    var characters = text.utf8.map { (space...0x7e).contains($0) ? $0 : space }[...]
    for index in range {
      let first = characters.popFirst() ?? space
      words[index] = UInt16(first) << 8 | UInt16(characters.popFirst() ?? space)
    }
  }
}
