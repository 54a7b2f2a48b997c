/// A PCI function in slot 1 of a bus, as the guest reaches it: in configuration space by either mechanism, and at what its
/// base address registers decode, wherever the guest has put them.
final class FuzzedSlot {
  private static let memoryWindow: Range<UInt64> = 0xd000_0000..<0xd010_0000
  private static let portWindow: Range<UInt64> = 0xc000..<0xc100
  private static let configuration: UInt64 = 0xe000_0000
  private static let slot: UInt64 = 1

  private let bus: Bus
  private let registers: PCIRegisters
  // Of each base address register the device's number on the bus, and the first address.
  private let bars: [(bar: PCIBAR, device: UInt16, first: UInt32)]
  private let identity: (UInt32, UInt32)

  /// - Parameter claim: puts what is no base address register on the bus.
  init(
    _ function: any PCIFunction,
    claim: (inout BusBuilder) throws(BusError) -> Void = { _ throws(BusError) in }
  ) {
    var builder = BusBuilder()
    let windows = PCIWindows(
      memory: [Self.memoryWindow], ports: Self.portWindow,
      configuration: Self.configuration..<Self.configuration + 1 << 20)
    guard (try? claim(&builder)) != nil,
      let bridge = try? PCIHostBridge([Int(Self.slot): function], windows: windows, on: &builder)
    else { fatalError("no bus") }
    bus = builder.freeze()
    registers = function.registers
    bars = zip(registers.bars, bridge.claims).map { ($0, $1.device, UInt32($1.range.lowerBound)) }
    identity = (registers.value(at: 0), registers.value(at: 8))
    restore()
  }

  // MARK: Configuration space

  /// Reads configuration space as memory.
  func readConfiguration(_ offset: Int, into bytes: UnsafeMutableRawBufferPointer) {
    read(Self.configuration + Self.slot << 15 + UInt64(offset), in: .memory, into: bytes)
  }

  /// Writes a register, of which only the lower 256 bytes are reached through ports.
  func writeConfiguration(_ offset: Int, from bytes: UnsafeRawBufferPointer, byPorts: Bool) {
    guard byPorts else {
      return write(Self.configuration + Self.slot << 15 + UInt64(offset), in: .memory, from: bytes)
    }
    write(UInt64(select(offset)), in: .port, from: bytes)
  }

  /// Points the data ports at a register, and returns the one that is the register.
  private func select(_ offset: Int) -> Int {
    let address = UInt32(1 << 31 | Self.slot << 11 | UInt64(offset & 0xfc))
    withUnsafeBytes(of: address.littleEndian) { write(0xcf8, in: .port, from: $0) }
    return 0xcfc + offset & 3
  }

  func setCommand(_ value: UInt16) {
    withUnsafeBytes(of: value.littleEndian) { writeConfiguration(4, from: $0, byPorts: false) }
  }

  private var command: UInt16 { registers.value(at: PCIHeader.command) }
  var isBusMaster: Bool { command & PCIHeader.busMaster != 0 }
  /// Whether the function asks for an interrupt, and whether it may.
  var interrupt: (isPending: Bool, isEnabled: Bool) {
    (
      registers.value(at: PCIHeader.status, as: UInt16.self) & PCIHeader.interruptStatus != 0,
      command & PCIHeader.interruptDisable == 0
    )
  }

  /// As firmware leaves it: everything decoded where it was at first, and bus mastering on.
  func restore() {
    for index in bars.indices { setAddress(bars[index].first, of: index) }
    setCommand(7)
  }

  private func setAddress(_ address: UInt32, of index: Int) {
    withUnsafeBytes(of: address.littleEndian) {
      writeConfiguration(bars[index].bar.offset, from: $0, byPorts: true)
    }
  }

  // MARK: Base address registers

  /// Moves a register to one of the places in its window, or to one of as many behind it.
  func move(_ index: Int, to place: UInt64) {
    let bar = bars[index % bars.count].bar
    let window = bar.space == .port ? Self.portWindow : Self.memoryWindow
    let places = 2 * UInt64(window.count) / bar.size
    setAddress(UInt32(window.lowerBound + place % places * bar.size), of: index % bars.count)
  }

  /// Where a register is, whether decoded or not.
  func address(_ index: Int) -> UInt64 {
    let bar = bars[index].bar
    return UInt64(registers.value(at: bar.offset, as: UInt32.self)) & ~(bar.size - 1)
  }

  /// Whether the command register and the windows let the guest reach a register.
  func isDecoded(_ index: Int) -> Bool {
    let bar = bars[index].bar
    let enable = bar.space == .port ? PCIHeader.portsEnable : PCIHeader.memoryEnable
    let window = bar.space == .port ? Self.portWindow : Self.memoryWindow
    return command & enable != 0 && window.contains(address(index))
  }

  func readBAR(_ index: Int, _ offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    guard isApart(index) else { return }
    read(address(index) + offset, in: bars[index].bar.space, into: bytes)
  }

  func writeBAR(_ index: Int, _ offset: UInt64, from bytes: UnsafeRawBufferPointer) {
    guard isApart(index) else { return }
    write(address(index) + offset, in: bars[index].bar.space, from: bytes)
  }

  /// Whether a register is nowhere near the fixed ports, of which the targets keep account.
  private func isApart(_ index: Int) -> Bool {
    bars[index].bar.space == .memory || Self.portWindow.lowerBound..<1 << 16 ~= address(index)
  }

  // MARK: The bus

  func read(
    _ address: UInt64, in space: AddressSpace, elementSize: Int? = nil,
    into bytes: UnsafeMutableRawBufferPointer
  ) {
    guard space == .port else { return bus.readMemory(address, at: bus.lookupMemory(address), into: bytes) }
    let port = UInt16(truncatingIfNeeded: address)
    bus.readPort(port, at: bus.lookupPort(port), elementSize: elementSize ?? bytes.count, into: bytes)
  }

  /// No function here has an effect on the machine.
  func write(
    _ address: UInt64, in space: AddressSpace, elementSize: Int? = nil, from bytes: UnsafeRawBufferPointer
  ) {
    guard space == .port else {
      precondition(bus.writeMemory(address, at: bus.lookupMemory(address), from: bytes) == .none)
      return
    }
    let port = UInt16(truncatingIfNeeded: address)
    precondition(
      bus.writePort(port, at: bus.lookupPort(port), elementSize: elementSize ?? bytes.count, from: bytes)
        == .none)
  }

  // MARK: What must hold

  /// After each step: a register answers where it is, if it is decoded, and nowhere else.
  func check() {
    for (index, (bar, device, _)) in bars.enumerated() {
      let address = address(index)
      let slot =
        bar.space == .port ? bus.lookupPort(UInt16(truncatingIfNeeded: address)) : bus.lookupMemory(address)
      precondition((slot?.device == device) == isDecoded(index), "\(bar.name) at \(address)")
      precondition(slot?.device != device || slot?.offset == 0 && slot?.room == bar.size)
    }
  }

  /// At the end: what is read-only has stayed, and both mechanisms show the same.
  func checkConfiguration() {
    precondition(identity == (registers.value(at: 0), registers.value(at: 8)), "another function")
    precondition(command & ~0x407 == 0, "a command bit that it has not")
    for (bar, _, _) in bars {
      let flags = registers.value(at: bar.offset, as: UInt32.self) & UInt32(bar.size - 1)
      precondition(flags == bar.flags, "flags of \(bar.name)")
    }
    var (memory, ports) = (0 as UInt32, 0 as UInt32)
    for offset in stride(from: 0, to: ConfigurationSpace.legacySize, by: 4) {
      withUnsafeMutableBytes(of: &memory) { readConfiguration(offset, into: $0) }
      withUnsafeMutableBytes(of: &ports) { read(UInt64(select(offset)), in: .port, into: $0) }
      precondition(memory == ports, "register \(offset) is \(memory), by ports \(ports)")
    }
  }
}
