/// The registers of a PC16550D and what an access does to them. The caller serialises.
///
/// There is no clock: a character takes no time on the line. What follows from that, where the data sheet speaks of
/// character times:
/// - The transmitter holds characters only while the backend refuses them. Otherwise the holding register is empty
///   again, and its interrupt pending again, as soon as it was written.
/// - Four character times of silence, after which characters below the trigger level raise the character timeout
///   (section 8.11), have passed at the end of each burst that ``receive(_:line:backend:)`` takes and after each read
///   of the receiver. So the timeout is pending whenever the FIFO holds fewer characters than its trigger level, but
///   not none.
/// - The line is a byte wide whatever word length, parity and divisor are programmed; parity and framing errors do
///   not occur, and the break that the guest sends goes nowhere.
struct UARTState: ~Copyable, Sendable {
  static let fifoCapacity = 16
  static let inputQueueCapacity = 4096

  /// A character in the receiver with the errors (bits of the line status) it came with.
  struct Character: BitwiseCopyable, Sendable {
    var byte: UInt8
    var errors: UInt8 = 0
  }

  private var interruptEnable: UInt8 = 0
  private var lineControl: UInt8 = 0
  private var modemControl: UInt8 = 0
  private var scratch: UInt8 = 0
  // A master reset leaves the divisor undefined (table I); this one is 9600 baud at 1.8432 MHz.
  private var divisor: UInt16 = 12
  private var fifosEnabled = false
  private var triggerLevel = 1

  private var received = BoundedQueue<Character>(capacity: fifoCapacity)
  private var input = BoundedQueue<Character>(capacity: inputQueueCapacity)
  private var inputRefused = false
  // Errors shown in the line status until it is read, and how many characters behind the first carry one.
  private var shownErrors: UInt8 = 0
  private var hiddenErrorCount = 0

  private var holding = BoundedQueue<UInt8>(capacity: fifoCapacity)
  private var shifting: UInt8?
  private var holdingEmptyPending = false

  private var modemInputs: ModemInputs
  private var modemLevels: UInt8
  private var modemDeltas: UInt8 = 0

  private var lineLevel = false

  init(modemInputs: ModemInputs) {
    self.modemInputs = modemInputs
    modemLevels = modemInputs.rawValue
  }

  private func has(_ bit: UInt8, in register: UInt8) -> Bool { register & bit != 0 }
  private var loopback: Bool { has(UARTBits.loopback, in: modemControl) }
  private var divisorLatch: Bool { has(UARTBits.divisorLatchAccess, in: lineControl) }
  /// In 16450 mode each direction has one register instead of the FIFO.
  private var capacity: Int { fifosEnabled ? Self.fifoCapacity : 1 }

  // MARK: Registers

  mutating func read(register: UInt8, line: any InterruptLine, backend: any SerialBackend) -> UInt8 {
    switch register {
    case UARTRegister.data:
      guard !divisorLatch else { return UInt8(truncatingIfNeeded: divisor) }
      let byte = takeReceived()
      refill(backend)
      updateLine(line)
      return byte
    case UARTRegister.interruptEnable:
      return divisorLatch ? UInt8(truncatingIfNeeded: divisor >> 8) : interruptEnable
    case UARTRegister.interruptIdentification:
      let pending = pendingInterrupt
      if pending == UARTBits.transmitterEmptyInterrupt {
        // Reading it as the source resets it (table IV).
        holdingEmptyPending = false
        updateLine(line)
      }
      return pending | (fifosEnabled ? UARTBits.fifosEnabled : 0)
    case UARTRegister.lineControl:
      return lineControl
    case UARTRegister.modemControl:
      return modemControl
    case UARTRegister.lineStatus:
      let status = lineStatus
      shownErrors = 0
      updateLine(line)
      return status
    case UARTRegister.modemStatus:
      let status = modemLevels | modemDeltas
      modemDeltas = 0
      updateLine(line)
      return status
    case UARTRegister.scratch:
      return scratch
    default:
      return 0xff
    }
  }

  mutating func write(
    _ value: UInt8, register: UInt8, line: any InterruptLine, backend: any SerialBackend
  ) {
    switch register {
    case UARTRegister.data:
      guard !divisorLatch else {
        divisor = divisor & 0xff00 | UInt16(value)
        return
      }
      // The line falls before it rises again, or an edge-triggered controller would miss the second interrupt.
      holdingEmptyPending = false
      updateLine(line)
      hold(value)
      drain(backend)
    case UARTRegister.interruptEnable:
      guard !divisorLatch else {
        divisor = divisor & 0x00ff | UInt16(value) << 8
        return
      }
      enableInterrupts(value & UARTBits.enableMask)
    case UARTRegister.fifoControl:
      controlFIFOs(value)
      refill(backend)
    case UARTRegister.lineControl:
      lineControl = value
    case UARTRegister.modemControl:
      modemControl = value & UARTBits.modemControlMask
      updateModemStatus()
      drain(backend)
      refill(backend)
    case UARTRegister.scratch:
      scratch = value
    default:
      // Writes to the status registers are for factory testing only (sections 8.4 and 8.9).
      return
    }
    updateLine(line)
  }

  // MARK: Interrupts

  /// Bits 0 to 3 of the interrupt identification: the enabled interrupt of the highest priority (table IV).
  private var pendingInterrupt: UInt8 {
    if has(UARTBits.enableLineStatus, in: interruptEnable), shownErrors != 0 {
      return UARTBits.lineStatusInterrupt
    }
    if has(UARTBits.enableReceivedData, in: interruptEnable), !received.isEmpty {
      return fifosEnabled && received.count < triggerLevel
        ? UARTBits.characterTimeoutInterrupt : UARTBits.receivedDataInterrupt
    }
    if has(UARTBits.enableTransmitterEmpty, in: interruptEnable), holdingEmptyPending {
      return UARTBits.transmitterEmptyInterrupt
    }
    if has(UARTBits.enableModemStatus, in: interruptEnable), modemDeltas != 0 {
      return UARTBits.modemStatusInterrupt
    }
    return UARTBits.noInterrupt
  }

  /// A PC gates INTR with the OUT2 pin, and loopback forces that pin to its inactive state (section 8.8).
  private mutating func updateLine(_ line: any InterruptLine) {
    let level =
      pendingInterrupt != UARTBits.noInterrupt && has(UARTBits.out2, in: modemControl) && !loopback
    guard level != lineLevel else { return }
    lineLevel = level
    line.set(level: level)
  }

  /// Enabling the transmitter interrupt while the holding register is empty makes it pending, also when reading the
  /// identification had reset it: the data sheet is silent, drivers (8250_port.c's test for a broken THRE) rely on it.
  private mutating func enableInterrupts(_ value: UInt8) {
    let enabled = value & ~interruptEnable
    if has(UARTBits.enableTransmitterEmpty, in: enabled), holding.isEmpty { holdingEmptyPending = true }
    interruptEnable = value
  }

  // MARK: FIFOs

  /// Section 8.5: changing bit 0 clears both FIFOs; the other bits count only if bit 0 is written as one.
  private mutating func controlFIFOs(_ value: UInt8) {
    let enable = has(UARTBits.fifoEnable, in: value)
    let changed = enable != fifosEnabled
    fifosEnabled = enable
    if changed || (enable && has(UARTBits.receiverReset, in: value)) {
      received.removeAll()
      hiddenErrorCount = 0
    }
    if changed || (enable && has(UARTBits.transmitterReset, in: value)), !holding.isEmpty {
      holding.removeAll()
      holdingEmptyPending = true
    }
    guard enable else { return }
    triggerLevel =
      switch value >> UARTBits.triggerShift {
      case 0: 1
      case 1: 4
      case 2: 8
      default: 14
      }
  }

  private var lineStatus: UInt8 {
    var status = shownErrors
    if !received.isEmpty { status |= UARTBits.dataReady }
    if holding.isEmpty {
      status |= UARTBits.transmitterHoldingEmpty
      if shifting == nil { status |= UARTBits.transmitterEmpty }
    }
    if fifosEnabled, hiddenErrorCount > 0 || has(UARTBits.breakReceived, in: shownErrors) {
      status |= UARTBits.errorInFIFO
    }
    return status
  }

  // MARK: Receiver

  /// The receiver buffer, or the oldest character of the FIFO; zero if there is none.
  private mutating func takeReceived() -> UInt8 {
    guard let character = received.removeFirst() else { return 0 }
    if let next = received.first, next.errors != 0 {
      hiddenErrorCount -= 1
      shownErrors |= next.errors
    }
    return character.byte
  }

  /// A character comes off the line. If there is no room, a FIFO keeps what it has and the new character is lost;
  /// without FIFOs the new one destroys the old (section 8.4, bit 1).
  private mutating func accept(_ character: Character) {
    if received.count >= capacity {
      shownErrors |= UARTBits.overrun
      guard !fifosEnabled else { return }
      received.removeAll()
    }
    guard received.append(character), character.errors != 0 else { return }
    // An error shows when its character is the next to be read (section 8.4).
    if received.count == 1 { shownErrors |= character.errors } else { hiddenErrorCount += 1 }
  }

  /// Moves host input into the receiver as far as it has room; loopback disconnects the input (section 8.8).
  private mutating func refill(_ backend: any SerialBackend) {
    guard !loopback else { return }
    while received.count < capacity, let character = input.removeFirst() { accept(character) }
    guard inputRefused, input.room >= input.capacity / 2 else { return }
    inputRefused = false
    backend.receiveReady()
  }

  mutating func receive(
    _ bytes: UnsafeRawBufferPointer, line: any InterruptLine, backend: any SerialBackend
  ) -> Int {
    var taken = 0
    while taken < bytes.count, input.append(Character(byte: bytes[taken])) { taken += 1 }
    inputRefused = inputRefused || taken < bytes.count
    refill(backend)
    updateLine(line)
    return taken
  }

  mutating func receiveBreak(line: any InterruptLine, backend: any SerialBackend) -> Bool {
    let taken = input.append(Character(byte: 0, errors: UARTBits.breakReceived))
    inputRefused = inputRefused || !taken
    refill(backend)
    updateLine(line)
    return taken
  }

  // MARK: Transmitter

  /// Writes the holding register. A full FIFO loses the new character, a full register the old one.
  private mutating func hold(_ byte: UInt8) {
    if holding.count >= capacity {
      guard !fifosEnabled else { return }
      holding.removeAll()
    }
    _ = holding.append(byte)
  }

  /// Shifts characters out until there are none or the backend takes no more. Loopback connects the shift register
  /// to the receiver (section 8.8).
  private mutating func drain(_ backend: any SerialBackend) {
    while true {
      if shifting == nil, !holding.isEmpty {
        shifting = holding.removeFirst()
        if holding.isEmpty { holdingEmptyPending = true }
      }
      guard let byte = shifting else { return }
      if loopback {
        accept(Character(byte: byte))
      } else {
        guard backend.transmit(byte) else { return }
      }
      shifting = nil
    }
  }

  mutating func transmitReady(line: any InterruptLine, backend: any SerialBackend) {
    drain(backend)
    updateLine(line)
  }

  // MARK: Modem

  mutating func setModemInputs(_ inputs: ModemInputs, line: any InterruptLine) {
    modemInputs = inputs
    updateModemStatus()
    updateLine(line)
  }

  /// Takes over the input pins, or in loopback the four outputs (section 8.8), and notes what changed since the status
  /// was read; of the ring indicator only its end (section 8.9).
  private mutating func updateModemStatus() {
    let levels = loopback ? loopedModemLevels : modemInputs.rawValue
    let changed = (levels ^ modemLevels) >> 4
    let ringEnded = (modemLevels & ~levels) >> 4 & UARTBits.trailingEdgeOfRing
    modemDeltas |= changed & ~UARTBits.trailingEdgeOfRing | ringEnded
    modemLevels = levels
  }

  private var loopedModemLevels: UInt8 {
    var levels: ModemInputs = []
    if has(UARTBits.requestToSend, in: modemControl) { levels.insert(.clearToSend) }
    if has(UARTBits.dataTerminalReady, in: modemControl) { levels.insert(.dataSetReady) }
    if has(UARTBits.out1, in: modemControl) { levels.insert(.ringIndicator) }
    if has(UARTBits.out2, in: modemControl) { levels.insert(.carrierDetect) }
    return levels.rawValue
  }
}
