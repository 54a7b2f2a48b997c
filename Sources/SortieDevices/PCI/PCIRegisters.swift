import Synchronization

/// What all functions have in common: the type 0 header, capabilities, where the base address registers
/// decode, and interrupts, by MSI-X or by a pin.
///
/// Any thread may call it. It calls ``FunctionInterrupts`` with its lock held.
///
/// The bus master bit is kept and read back; a function whose driver left it off is not held back here.
public final class PCIRegisters: Sendable {
  /// Called when base address register `bar` answers somewhere else, with where it did and where it does; nil
  /// is nowhere. It must not call the function back.
  typealias BARMoved = @Sendable (_ bar: PCIBAR, _ from: UInt64?, _ to: UInt64?) -> Void

  private struct State: Sendable {
    var space: ConfigurationSpace
    var msix: MSIXTable
    // By position in `bars`: the address that each decodes, its range on the bus.
    var decoded: [UInt64?]
    var ranges: [MovableRange] = []
    var barMoved: BARMoved?
    // What the function drives, and what of it arrives at the pin.
    var level = false
    var pinLevel = false
  }

  /// The base address registers.
  public let bars: [PCIBAR]
  /// Where the capabilities stand, in the order in which they were given.
  public let capabilityOffsets: [Int]
  /// Where MSI-X has its table and its pending bits, if the function has it.
  public let msix: MSIXLayout?
  /// The machine's side of the function's interrupts.
  public let interrupts: (any FunctionInterrupts)?

  private let msixOffset: Int
  private let state: Mutex<State>

  /// The registers of a function after reset: nothing is decoded, no interrupt raised.
  ///
  /// - Parameters:
  ///   - pin: the interrupt pin that the function drives, 1 for INTA to 4 for INTD; 0 for none.
  ///   - line: what the interrupt line register reads until the guest writes it: where the pin leads (section
  ///       6.2.4).
  ///   - configure: sets up registers of the function's own.
  public init(
    _ identity: PCIIdentity, bars: [PCIBAR] = [], capabilities: [PCICapability] = [], msix: MSIXLayout? = nil,
    pin: UInt8 = 0, line: UInt8 = 0, interrupts: (any FunctionInterrupts)? = nil,
    configure: (inout ConfigurationSpace) -> Void = { _ in }
  ) {
    precondition(pin <= 4)
    var space = ConfigurationSpace()
    space.set(identity, pin: pin, line: line)
    space.set(bars)
    msixOffset = msix.map { space.append($0.capability) } ?? 0
    if msix != nil { space.allowWriting(MSIXTable.controlMask, at: msixOffset + 2) }
    capabilityOffsets = capabilities.map { space.append($0) }
    configure(&space)
    self.bars = bars
    self.msix = msix
    self.interrupts = interrupts
    state = Mutex(
      State(
        space: space, msix: MSIXTable(vectors: msix?.vectors ?? 0),
        decoded: [UInt64?](repeating: nil, count: bars.count)))
  }

  // MARK: Configuration space

  /// The guest reads configuration space.
  public func read(offset: Int, into bytes: UnsafeMutableRawBufferPointer) {
    state.withLock { $0.space.read(offset: offset, into: bytes) }
  }

  /// The guest writes configuration space.
  public func write(offset: Int, from bytes: UnsafeRawBufferPointer) {
    state.withLock { state in
      state.space.write(offset: offset, from: bytes)
      guard offset < ConfigurationSpace.legacySize else { return }
      decode(&state)
      if msix != nil {
        let control: UInt16 = state.space.value(at: msixOffset + 2)
        state.msix.setControl(control, interrupts)
      }
      updatePin(&state)
    }
  }

  /// A register of configuration space, for the function.
  public func value<Value: FixedWidthInteger & UnsignedInteger>(
    at offset: Int, as type: Value.Type = Value.self
  ) -> Value {
    state.withLock { $0.space.value(at: offset) }
  }

  /// Whether the driver lets the function master the bus (PCI Local Bus Specification 3.0, section 6.2.2).
  public var isBusMaster: Bool { value(at: PCIHeader.command, as: UInt16.self) & PCIHeader.busMaster != 0 }

  /// Sets a register of configuration space, for the function, whatever the guest may write of it. Those of
  /// the header and of MSI-X are not the function's.
  public func set<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value, at offset: Int) {
    state.withLock { $0.space.set(value, at: offset) }
  }

  // MARK: Base address registers

  /// Connects the registers to their ranges on the bus, in the order of ``bars``.
  func connect(_ ranges: [MovableRange], barMoved: @escaping BARMoved) {
    precondition(ranges.count == bars.count)
    state.withLock { state in
      state.ranges = ranges
      state.barMoved = barMoved
    }
  }

  /// Writes `address` into a base address register, as firmware does.
  func assign(_ address: UInt64, to bar: PCIBAR) {
    state.withLock { state in
      state.space.set(UInt32(truncatingIfNeeded: address) | bar.flags, at: bar.offset)
      if bar.kind == .memory64 { state.space.set(UInt32(address >> 32), at: bar.offset + 4) }
      decode(&state)
    }
  }

  /// The address in each base address register, in the order of ``bars``, whether or not it is decoded.
  var addresses: [UInt64] {
    state.withLock { state in bars.map { state.space.address(of: $0) } }
  }

  private func decode(_ state: inout State) {
    let command: UInt16 = state.space.value(at: PCIHeader.command)
    for (position, bar) in bars.enumerated() {
      let enable = bar.kind == .ports ? PCIHeader.portsEnable : PCIHeader.memoryEnable
      let address = command & enable != 0 ? state.space.address(of: bar) : nil
      let old = state.decoded[position]
      guard address != old else { continue }
      state.decoded[position] = address
      guard !state.ranges.isEmpty else { continue }
      state.ranges[position].move(to: address)
      state.barMoved?(bar, old, address)
    }
  }

  // MARK: Interrupts

  /// Whether the guest has turned MSI-X on; the pin is then silent (section 6.8.2).
  public var messagesEnabled: Bool { state.withLock { $0.msix.enabled } }

  /// Raises a vector of MSI-X: sends its message, or notes that it is pending while it is masked. Without
  /// MSI-X it does nothing.
  public func raise(vector: Int) { state.withLock { $0.msix.raise(vector, interrupts) } }

  /// Drives the interrupt pin. The status register shows it, and the pin follows unless the guest has
  /// disabled it.
  public func setPin(level: Bool) {
    state.withLock { state in
      state.level = level
      updatePin(&state)
    }
  }

  private func updatePin(_ state: inout State) {
    let shown = state.level && !state.msix.enabled
    let status: UInt16 = state.space.value(at: PCIHeader.status)
    state.space.set(
      shown ? status | PCIHeader.interruptStatus : status & ~PCIHeader.interruptStatus, at: PCIHeader.status)
    let command: UInt16 = state.space.value(at: PCIHeader.command)
    let pinLevel = shown && command & PCIHeader.interruptDisable == 0
    guard pinLevel != state.pinLevel else { return }
    state.pinLevel = pinLevel
    interrupts?.setPin(level: pinLevel)
  }

  /// Reads the part of MSI-X that stands at `offset` in `bar`.
  ///
  /// - Returns: false if there is none.
  func readMSIX(bar: Int, offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) -> Bool {
    guard let msix, let part = msix.part(bar: bar, offset: offset) else { return false }
    state.withLock { $0.msix.read(part, into: bytes) }
    return true
  }

  /// Writes the part of MSI-X that stands at `offset` in `bar`.
  ///
  /// - Returns: false if there is none.
  func writeMSIX(bar: Int, offset: UInt64, from bytes: UnsafeRawBufferPointer) -> Bool {
    guard let msix, let part = msix.part(bar: bar, offset: offset) else { return false }
    state.withLock { $0.msix.write(part, from: bytes, interrupts) }
    return true
  }
}

extension ConfigurationSpace {
  fileprivate mutating func set(_ identity: PCIIdentity, pin: UInt8, line: UInt8) {
    set(identity.vendor, at: PCIHeader.vendor)
    set(identity.device, at: PCIHeader.device)
    // The class code is the upper three bytes of this doubleword.
    set(identity.classCode << 8 | UInt32(identity.revision), at: PCIHeader.revision)
    set(identity.subsystemVendor, at: PCIHeader.subsystemVendor)
    set(identity.subsystem, at: PCIHeader.subsystem)
    set(pin, at: PCIHeader.interruptPin)
    set(line, at: PCIHeader.interruptLine)
    if pin != 0 { allowWriting(UInt8.max, at: PCIHeader.interruptLine) }
    allowClearing(PCIHeader.errors, at: PCIHeader.status)
  }

  /// Registers without addresses. What a register does not decode reads as zero, so that writing all ones and
  /// reading back tells its size (section 6.2.5.1).
  fileprivate mutating func set(_ bars: [PCIBAR]) {
    var command = PCIHeader.busMaster | PCIHeader.interruptDisable
    for bar in bars {
      command |= bar.kind == .ports ? PCIHeader.portsEnable : PCIHeader.memoryEnable
      set(bar.flags, at: bar.offset)
      let mask = ~(bar.size - 1)
      allowWriting(UInt32(truncatingIfNeeded: mask), at: bar.offset)
      if bar.kind == .memory64 { allowWriting(UInt32(mask >> 32), at: bar.offset + 4) }
    }
    allowWriting(command, at: PCIHeader.command)
  }

  fileprivate func address(of bar: PCIBAR) -> UInt64 {
    let low = value(at: bar.offset, as: UInt32.self) & ~UInt32(truncatingIfNeeded: bar.size - 1)
    let high: UInt32 = bar.kind == .memory64 ? value(at: bar.offset + 4) : 0
    return UInt64(high) << 32 | UInt64(low)
  }
}
