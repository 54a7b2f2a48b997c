/// The registers of the card and what is behind them but the work on the rings. The caller serialises.
struct E1000State: Sendable {
  /// What is to be done once the registers are unlocked again.
  struct Consequences: OptionSet {
    let rawValue: UInt8
    /// There may be work in a ring: the I/O thread is to look.
    static let work = Consequences(rawValue: 1)
    /// The driver has stopped the card: memory must not be touched any more when the access is done.
    static let settle = Consequences(rawValue: 2)
  }

  /// PBA at reset: 48 KiB of 64 for receiving.
  private static let packetBuffer: (kibibytes: UInt32, forReceive: UInt32) = (64, 48)
  private static let plainBytes = 0x6000

  // Registers that only keep what is written, by word.
  private var words = [UInt32](repeating: 0, count: plainBytes / 4)
  private var eeprom: MicrowireEEPROM
  private var phy = GigabitPHY()
  private var cableIsUp = false

  private(set) var linkIsUp = false
  private(set) var isBusMaster = false
  var interrupts: InterruptCauses
  var filter = ReceiveFilter()
  var statistics = E1000Statistics()
  var transmitRing = DescriptorRing()
  var receiveRing = DescriptorRing()
  /// The I/O thread is at work in the transmit ring, or waits for the backend: it need not be told of more.
  var transmitterIsBusy = false
  /// The I/O thread found no receive descriptor, or might not receive: it must be told when it may.
  var receiverIsIdle = false

  init(eeprom: MicrowireEEPROM, interrupts: InterruptCauses) {
    self.eeprom = eeprom
    self.interrupts = interrupts
    reset()
  }

  // MARK: What the registers say

  private subscript(register: Int) -> UInt32 {
    get { words[register / 4] }
    set { words[register / 4] = newValue }
  }

  var receiveControl: ReceiveControl { ReceiveControl(bits: self[E1000Register.receiveControl]) }
  var transmitIsEnabled: Bool { self[E1000Register.transmitControl] & TransmitControl.enable != 0 }
  var padsShortPackets: Bool { self[E1000Register.transmitControl] & TransmitControl.padShortPackets != 0 }
  /// The type of VLAN tags that the card takes out and puts in; nil while it lets them be.
  var vlanTypeInVLANMode: UInt16? {
    self[E1000Register.control] & DeviceControl.vlanMode != 0 ? vlanType : nil
  }
  /// The type of VLAN tags.
  var vlanType: UInt16 { UInt16(truncatingIfNeeded: self[E1000Register.vlanType]) }
  var receiveChecksum: UInt32 { self[E1000Register.receiveChecksum] }
  /// The longest packet that raises SRPD.
  var smallPacketBytes: Int { Int(self[E1000Register.receiveSmallPacket]) }
  /// The number of descriptors left at which TXD_LOW is raised (TXDCTL.LWTHRESH).
  var transmitLowMark: Int { Int(self[E1000Register.transmitDescriptorControl] >> 25) * 8 }

  // MARK: Reading

  mutating func read(_ register: Int) -> UInt32 {
    switch register {
    case E1000Register.controlDuplicate: return self[E1000Register.control]
    case E1000Register.status: return DeviceStatus.always | (linkIsUp ? DeviceStatus.linkUp : 0)
    case E1000Register.eepromControl: return eeprom.controlValue
    case E1000Register.eepromRead: return eeprom.readResult
    case E1000Register.mdiControl: return phy.result
    case E1000Register.interruptCause: return interrupts.take()
    case E1000Register.interruptThrottle: return UInt32(interrupts.interval)
    case E1000Register.interruptMaskSet: return interrupts.mask
    case E1000Register.statistics: return statistics.take(register - E1000Register.statistics.lowerBound)
    case let register where DescriptorRing.has(register - E1000Register.receiveRing):
      return receiveRing.read(register - E1000Register.receiveRing)
    case let register where DescriptorRing.has(register - E1000Register.transmitRing):
      return transmitRing.read(register - E1000Register.transmitRing)
    default:
      if let value = filter[register] { return value }
      return register < Self.plainBytes ? self[register] : 0
    }
  }

  // MARK: Writing

  mutating func write(_ value: UInt32, to register: Int) -> Consequences {
    switch register {
    case E1000Register.control, E1000Register.controlDuplicate: return writeControl(value)
    case E1000Register.eepromControl: eeprom.writeControl(value)
    case E1000Register.eepromRead: eeprom.startRead(value)
    case E1000Register.mdiControl: return writeMDI(value)
    case E1000Register.interruptCause: interrupts.clear(value)
    case E1000Register.interruptThrottle: interrupts.setInterval(UInt16(truncatingIfNeeded: value))
    case E1000Register.interruptCauseSet: interrupts.raise(value)
    case E1000Register.interruptMaskSet: interrupts.enable(value)
    case E1000Register.interruptMaskClear: interrupts.disable(value)
    case E1000Register.packetBufferAllocation: setPacketBuffer(receive: value & 0xffff)
    case E1000Register.receiveControl, E1000Register.transmitControl:
      let disabled = self[register] & ~value & TransmitControl.enable
      store(value, in: register)
      return disabled == 0 ? .work : .settle
    case E1000Register.receiveDelay:
      store(value, in: register)
      // FPD, which flushes what waits for the delay and interrupts.
      if value >> 31 != 0 { interrupts.raise(InterruptCause.receiveTimer) }
    case let register where DescriptorRing.has(register - E1000Register.receiveRing):
      receiveRing.write(value, to: register - E1000Register.receiveRing)
      return receiverIsIdle ? .work : []
    case let register where DescriptorRing.has(register - E1000Register.transmitRing):
      transmitRing.write(value, to: register - E1000Register.transmitRing)
      return transmitterIsBusy ? [] : .work
    default:
      if filter[register] != nil {
        filter[register] = value
      } else if register < Self.plainBytes {
        store(value, in: register)
      }
    }
    return []
  }

  private mutating func store(_ value: UInt32, in register: Int) {
    self[register] = value & E1000Register.writableBits(at: register)
  }

  private mutating func writeControl(_ value: UInt32) -> Consequences {
    if value & DeviceControl.reset != 0 {
      reset()
      return .settle
    }
    let rising = value & ~self[E1000Register.control]
    self[E1000Register.control] = value
    if rising & DeviceControl.phyReset != 0 { phy.resetRegisters() }
    return updateLink()
  }

  private mutating func writeMDI(_ value: UInt32) -> Consequences {
    let negotiates = phy.perform(value)
    if value & GigabitPHY.interruptEnable != 0 { interrupts.raise(InterruptCause.mdiComplete) }
    let consequences = updateLink()
    // The link goes down and comes up, at once.
    if negotiates, linkIsUp { interrupts.raise(InterruptCause.linkChange) }
    return consequences
  }

  /// What is not for receiving is for transmitting.
  private mutating func setPacketBuffer(receive: UInt32) {
    let receive = min(receive, Self.packetBuffer.kibibytes)
    self[E1000Register.packetBufferAllocation] = (Self.packetBuffer.kibibytes - receive) << 16 | receive
  }

  // MARK: Reset, link and bus

  /// The reset by CTRL.RST (section 14.7): all but the transceiver and the EEPROM, whose address comes back.
  private mutating func reset() {
    for index in words.indices { words[index] = 0 }
    self[E1000Register.control] = DeviceControl.atReset
    setPacketBuffer(receive: Self.packetBuffer.forReceive)
    interrupts.reset()
    statistics = E1000Statistics()
    filter.reset(address: eeprom.address)
    transmitRing.reset()
    receiveRing.reset()
    linkIsUp = false
    transmitterIsBusy = false
    receiverIsIdle = true
  }

  /// The cable was plugged in or out.
  mutating func setCable(isUp: Bool) -> Consequences {
    cableIsUp = isUp
    return updateLink()
  }

  /// The link is up when the driver has said so and the transceiver has one (section 8.6.5.2).
  private mutating func updateLink() -> Consequences {
    let hasLink = cableIsUp && phy.isPowered
    phy.setLink(hasLink)
    let isUp = hasLink && self[E1000Register.control] & DeviceControl.setLinkUp != 0
    guard isUp != linkIsUp else { return [] }
    linkIsUp = isUp
    interrupts.raise(InterruptCause.linkChange)
    return .work
  }

  /// The driver lets the card master the bus, or takes that away, which ends what is under way.
  mutating func setBusMaster(_ isMaster: Bool) -> Consequences {
    guard isMaster != isBusMaster else { return [] }
    isBusMaster = isMaster
    guard !isMaster else { return .work }
    transmitRing.abandonWork()
    receiveRing.abandonWork()
    return .settle
  }
}
