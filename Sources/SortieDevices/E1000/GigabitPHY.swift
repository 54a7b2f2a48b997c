/// The transceiver inside the card, a Marvell 88E1011, as MDIC shows it (sections 13.4.6 and 13.4.7.1). Its end of the
/// cable and the other have agreed on full duplex at 1000 Mb/s whenever the cable is plugged in.
struct GigabitPHY: Sendable {
  private static let address: UInt32 = 1

  // MDIC.
  private static let write: UInt32 = 1
  private static let read: UInt32 = 2
  private static let ready: UInt32 = 1 << 28
  static let interruptEnable: UInt32 = 1 << 29
  private static let error: UInt32 = 1 << 30

  // Registers.
  private static let control = 0
  private static let status = 1
  private static let identifier = 2
  private static let advertisement = 4
  private static let partnerAbility = 5
  private static let expansion = 6
  private static let nextPage = 7
  private static let gigabitControl = 9
  private static let gigabitStatus = 10
  private static let extendedStatus = 15
  private static let specificControl = 16
  private static let specificStatus = 17

  // Control.
  private static let reset: UInt16 = 1 << 15
  private static let powerDown: UInt16 = 1 << 11
  private static let restart: UInt16 = 1 << 9

  /// 100 and 10 Mb/s in both duplexes, extended status, no preamble needed, negotiation, extended registers.
  private static let abilities: UInt16 = 0x7949
  private static let linkUp: UInt16 = 1 << 2
  private static let negotiated: UInt16 = 1 << 5

  private static let atReset: InlineArray<32, UInt16> = {
    var registers = InlineArray<32, UInt16>(repeating: 0)
    // Negotiation, full duplex, 1000 Mb/s.
    registers[control] = 0x1140
    registers[identifier] = 0x0141
    registers[identifier + 1] = 0x0c20
    // 10 and 100 Mb/s in both duplexes; IEEE 802.3.
    registers[advertisement] = 0x01e1
    registers[nextPage] = 0x2001
    // 1000 Mb/s in both duplexes.
    registers[gigabitControl] = 0x0300
    registers[extendedStatus] = 0x3000
    // Crossover by itself.
    registers[specificControl] = 0x0068
    return registers
  }()

  private var registers = Self.atReset
  private var hasLink = false
  // The link was down since the status was last read: it reads as down once more (IEEE 802.3, 22.2.4.2.13).
  private var lostLink = true
  private var operation: UInt32 = ready

  /// Whether the driver has not turned it off.
  var isPowered: Bool { registers[Self.control] & Self.powerDown == 0 }

  mutating func setLink(_ isUp: Bool) {
    hasLink = isUp
    if !isUp { lostLink = true }
  }

  mutating func resetRegisters() { registers = Self.atReset }

  // MARK: MDIC

  /// The last operation, done, with what was read.
  var result: UInt32 { operation }

  /// Does what the driver has written to MDIC.
  ///
  /// - Returns: whether the two ends negotiate anew.
  mutating func perform(_ value: UInt32) -> Bool {
    operation = value & ~Self.error | Self.ready
    let register = Int(value >> 16 & 31)
    guard value >> 21 & 31 == Self.address else {
      operation |= Self.error
      return false
    }
    switch value >> 26 & 3 {
    case Self.write: return write(UInt16(truncatingIfNeeded: value), to: register)
    case Self.read: operation = operation & ~0xffff | UInt32(readRegister(register))
    default: operation |= Self.error
    }
    return false
  }

  private mutating func readRegister(_ register: Int) -> UInt16 {
    switch register {
    case Self.status:
      defer { lostLink = !hasLink }
      return Self.abilities | (hasLink ? Self.negotiated : 0) | (hasLink && !lostLink ? Self.linkUp : 0)
    // The other end can do what this one can, and has acknowledged; no flow control.
    case Self.partnerAbility: return hasLink ? 0x41e1 : 0
    case Self.expansion: return hasLink ? 0x0003 : 0
    // Both receivers are well; the other end does 1000 Mb/s in both duplexes.
    case Self.gigabitStatus: return hasLink ? 0x3c00 : 0
    // 1000 Mb/s, full duplex, resolved, link.
    case Self.specificStatus: return hasLink ? 0xac00 : 0x8000
    default: return registers[register]
    }
  }

  private mutating func write(_ value: UInt16, to register: Int) -> Bool {
    switch register {
    case Self.control:
      if value & Self.reset != 0 {
        resetRegisters()
        return true
      }
      registers[Self.control] = value & ~Self.restart
      return value & Self.restart != 0
    case Self.status, Self.identifier, Self.identifier + 1, Self.partnerAbility, Self.expansion,
      Self.gigabitStatus, Self.extendedStatus, Self.specificStatus:
      return false
    default:
      registers[register] = value
      return false
    }
  }
}
