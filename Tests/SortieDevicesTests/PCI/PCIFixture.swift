import SortieDevices
import Synchronization

/// A function that remembers what its base address registers are asked; a read answers with register and
/// offset.
final class RecordingFunction: PCIFunction {
  struct Access: Equatable {
    var bar: Int
    var offset: UInt64
    var count: Int
  }

  let name: String
  let registers: PCIRegisters
  private let recorded = Mutex<[Access]>([])

  var accesses: [Access] { recorded.withLock { $0 } }

  init(
    _ name: String, bars: [PCIBAR] = [], capabilities: [PCICapability] = [], msix: MSIXLayout? = nil,
    pin: UInt8 = 0,
    line: UInt8 = 0, interrupts: (any FunctionInterrupts)? = nil
  ) {
    self.name = name
    registers = PCIRegisters(
      PCIIdentity(
        vendor: 0x1234, device: 0x5678, revision: 0x9a, classCode: 0x01_8000, subsystemVendor: 0xabcd,
        subsystem: 0xef01),
      bars: bars, capabilities: capabilities, msix: msix, pin: pin, line: line, interrupts: interrupts)
  }

  func readBAR(_ bar: Int, offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    recorded.withLock { $0.append(Access(bar: bar, offset: offset, count: bytes.count)) }
    for index in bytes.indices { bytes[index] = UInt8(bar) << 4 | UInt8(truncatingIfNeeded: offset) & 0xf }
  }

  func writeBAR(_ bar: Int, offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
    recorded.withLock { $0.append(Access(bar: bar, offset: offset, count: bytes.count)) }
    return .none
  }
}

/// The machine's side of a function's interrupts, which remembers what it was told.
final class RecordingInterrupts: FunctionInterrupts {
  enum Event: Equatable {
    case route(Int, MSIMessage?)
    case send(Int)
    case pin(Bool)
  }

  private let recorded = Mutex<[Event]>([])

  func route(vector: Int, to message: MSIMessage?) {
    recorded.withLock { $0.append(.route(vector, message)) }
  }
  func send(vector: Int) { recorded.withLock { $0.append(.send(vector)) } }
  func descriptor(vector: Int) -> Int32? { nil }
  func setPin(level: Bool) { recorded.withLock { $0.append(.pin(level)) } }

  /// What came since the last call.
  func take() -> [Event] {
    recorded.withLock { events in
      defer { events = [] }
      return events
    }
  }
}

/// A bus with a host bridge, and configuration accesses as a driver makes them.
struct PCIFixture {
  struct Move: Equatable {
    var function: String
    var bar: Int
    var from: UInt64?
    var to: UInt64?
  }

  static let configuration: UInt64 = 0xe000_0000
  static let windows = PCIWindows(
    memory: [0xd000_0000..<0xe000_0000, 0x1_0000_0000..<0x5_0000_0000], ports: 0xc000..<0x1_0000,
    configuration: configuration..<configuration + 1 << 20)

  private final class Moves: Sendable {
    let recorded = Mutex<[Move]>([])
  }

  let bus: Bus
  let bridge: PCIHostBridge
  private let moves = Moves()

  /// - Parameter claim: puts what is no PCI function on the bus.
  init(
    _ functions: [Int: any PCIFunction], windows: PCIWindows = windows,
    claim: (inout BusBuilder) throws -> Void = { _ in }
  ) throws {
    var builder = BusBuilder()
    try claim(&builder)
    try builder.add(LatchRegister(name: "other", byteCount: 16), at: 0xcf0..<0xcf8, in: .port)
    bridge = try PCIHostBridge(functions, windows: windows, on: &builder) { [moves] function, bar, from, to in
      moves.recorded.withLock { $0.append(Move(function: function.name, bar: bar, from: from, to: to)) }
    }
    bus = builder.freeze()
  }

  func takeMoves() -> [Move] {
    moves.recorded.withLock { moves in
      defer { moves = [] }
      return moves
    }
  }

  func address(_ slot: Int, _ offset: Int) -> UInt64 { Self.configuration + UInt64(slot << 15 + offset) }

  func read<Value: FixedWidthInteger>(_ slot: Int, _ offset: Int, as type: Value.Type = Value.self) -> Value {
    bus.read(address(slot, offset), in: .memory, count: Value.bitWidth / 8).littleEndian()
  }

  func write<Value: FixedWidthInteger>(_ value: Value, _ slot: Int, _ offset: Int) {
    bus.write(address(slot, offset), in: .memory, value.littleEndianBytes)
  }

  /// Sizes a register as drivers do (PCI 3.0, section 6.2.5.1, implementation note).
  func size(_ slot: Int, bar: Int) -> (flags: UInt32, size: UInt64) {
    let offset = 0x10 + 4 * bar
    let saved: UInt32 = read(slot, offset)
    write(UInt32.max, slot, offset)
    let low: UInt32 = read(slot, offset)
    write(saved, slot, offset)
    if low & 1 == 1 { return (low & 3, UInt64(~(low & ~3) & 0xffff) + 1) }
    guard low & 6 == 4 else { return (low & 0xf, low == 0 ? 0 : UInt64(~(low & ~0xf)) + 1) }
    let savedHigh: UInt32 = read(slot, offset + 4)
    write(UInt32.max, slot, offset + 4)
    let high: UInt32 = read(slot, offset + 4)
    write(savedHigh, slot, offset + 4)
    return (low & 0xf, ~(UInt64(high) << 32 | UInt64(low & ~0xf)) &+ 1)
  }

  /// Offsets of the capabilities, as the guest finds them.
  func capabilities(_ slot: Int) -> [Int] {
    var offsets: [Int] = []
    var next = Int(read(slot, 0x34, as: UInt8.self))
    while next != 0, offsets.count < 64 {
      offsets.append(next)
      next = Int(read(slot, next + 1, as: UInt8.self))
    }
    return offsets
  }
}

extension FixedWidthInteger {
  var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { [UInt8]($0) } }
}

extension [UInt8] {
  func littleEndian<Value: FixedWidthInteger>(as type: Value.Type = Value.self) -> Value {
    reversed().reduce(0) { $0 << 8 | Value($1) }
  }
}
