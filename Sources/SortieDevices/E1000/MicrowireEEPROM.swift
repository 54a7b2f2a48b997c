/// The card's EEPROM of 64 words of 16 bits, an NM93C46 on a Microwire bus that software drives bit by bit through EECD
/// (sections 5.3 and 13.4.3), or lets the card drive through EERD (section 13.4.4).
///
/// What software writes lasts as long as the card.
struct MicrowireEEPROM: Sendable {
  private static let wordCount = 64
  /// What all words add up to (section 5.6.35).
  private static let sum: UInt16 = 0xbaba

  // Words, section 5.6. Word 0Ah has its signature, 01 in bits 15 and 14, and says that the IDs here count.
  private static let firstControl = 0x0a
  private static let firstControlValue: UInt16 = 0x4003
  private static let subsystem = 0x0b
  private static let subsystemVendor = 0x0c
  private static let device = 0x0d
  private static let vendor = 0x0e

  // EECD.
  private static let clock: UInt32 = 1 << 0
  private static let select: UInt32 = 1 << 1
  private static let dataIn: UInt32 = 1 << 2
  private static let dataOut: UInt32 = 1 << 3
  private static let flashWrite: UInt32 = 3 << 4
  private static let request: UInt32 = 1 << 6
  private static let grant: UInt32 = 1 << 7
  private static let present: UInt32 = 1 << 8
  private static let flashWriteDisabled: UInt32 = 1 << 4

  // EERD.
  private static let start: UInt32 = 1 << 0
  private static let done: UInt32 = 1 << 4

  /// What the chip is doing since it was selected.
  private enum Phase {
    /// Zeros are ignored until the start bit, a one.
    case idle
    /// Opcode of 2 bits and address of 6, the highest first.
    case command
    /// Shifts a word out, then the next.
    case read(address: Int)
    /// Shifts a word in.
    case write(address: Int)
    /// Nothing more until it is deselected.
    case finished
  }

  private var words: [UInt16]
  private var control: UInt32 = Self.flashWriteDisabled
  private var readRegister: UInt32 = 0

  private var phase = Phase.idle
  private var shift: UInt16 = 0
  private var bitCount = 0
  private var output = true
  private var writesEnabled = false

  /// The EEPROM of a card with the address `mac`, whose words are otherwise the identity of the function.
  init(mac: MACAddress, identity: PCIIdentity) {
    words = [UInt16](repeating: 0, count: Self.wordCount)
    for index in 0..<3 { words[index] = UInt16(mac.bytes[2 * index + 1]) << 8 | UInt16(mac.bytes[2 * index]) }
    words[Self.firstControl] = Self.firstControlValue
    words[Self.subsystem] = identity.subsystem
    words[Self.subsystemVendor] = identity.subsystemVendor
    words[Self.device] = identity.device
    words[Self.vendor] = identity.vendor
    words[Self.wordCount - 1] = Self.sum &- words.reduce(0, &+)
  }

  /// The address in words 0 to 2, as RAL and RAH have it: the low 32 bits and the high 16.
  var address: (low: UInt32, high: UInt32) {
    (UInt32(words[1]) << 16 | UInt32(words[0]), UInt32(words[2]))
  }

  // MARK: EERD

  mutating func startRead(_ value: UInt32) {
    guard value & Self.start != 0 else { return }
    let address = value >> 8 & 0xff
    let word = Int(address) < words.count ? words[Int(address)] : 0
    readRegister = UInt32(word) << 16 | address << 8 | Self.done
  }

  var readResult: UInt32 { readRegister }

  // MARK: EECD

  var controlValue: UInt32 {
    control | Self.present | (output ? Self.dataOut : 0) | (control & Self.request != 0 ? Self.grant : 0)
  }

  mutating func writeControl(_ value: UInt32) {
    let old = control
    control = value & (Self.clock | Self.select | Self.dataIn | Self.flashWrite | Self.request)
    guard control & Self.select != 0 else { return deselect() }
    if old & Self.clock == 0, control & Self.clock != 0 { clockIn(control & Self.dataIn != 0) }
  }

  /// What was shifted in is written when the chip is deselected, at once: it is ready when it is selected again.
  private mutating func deselect() {
    if case .write(let address) = phase, bitCount == 16, writesEnabled { words[address] = shift }
    phase = .idle
    output = true
  }

  private mutating func clockIn(_ bit: Bool) {
    switch phase {
    case .idle:
      guard bit else { return }
      phase = .command
      shift = 0
      bitCount = 0
    case .command:
      shiftIn(bit)
      if bitCount == 8 { decode() }
    case .read(let address):
      output = shift >> 15 != 0
      shift <<= 1
      bitCount += 1
      guard bitCount == 16 else { return }
      let next = (address + 1) % words.count
      beginRead(next)
    case .write:
      if bitCount < 16 { shiftIn(bit) }
    case .finished: break
    }
  }

  private mutating func shiftIn(_ bit: Bool) {
    shift = shift << 1 | (bit ? 1 : 0)
    bitCount += 1
  }

  private mutating func decode() {
    let address = Int(shift & 0x3f)
    switch shift >> 6 {
    case 0b10:
      beginRead(address)
      // A zero goes before the first word.
      output = false
    case 0b01:
      phase = .write(address: address)
      shift = 0
      bitCount = 0
    default:
      // Without an address its two highest bits say what to do: 11 enables writing, 00 disables it. There is no erasing.
      if shift >> 4 == 0b0011 { writesEnabled = true }
      if shift >> 4 == 0b0000 { writesEnabled = false }
      phase = .finished
    }
  }

  private mutating func beginRead(_ address: Int) {
    phase = .read(address: address)
    shift = words[address]
    bitCount = 0
  }
}
