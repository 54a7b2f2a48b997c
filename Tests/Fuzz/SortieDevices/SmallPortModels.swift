/// What a device of a few registers is to do, said once more.
protocol SmallPortModel: AnyObject {
  var device: any Device { get }
  func read(_ offset: UInt64, count: Int) -> [UInt8]
  func write(_ offset: UInt64, _ bytes: [UInt8]) -> DeviceEffect
  /// What must hold after each access, besides what it gave.
  func check()
}

extension SmallPortModel {
  func check() {}
}

/// Bytes that stay; all ones behind them. In front of a window there are others.
final class LatchModel: SmallPortModel {
  let device: any Device
  private let behind: UInt64
  private var bytes: [UInt8]

  init(byteCount: Int, behind: UInt64 = 0) {
    let latch = LatchRegister(name: "latch", byteCount: byteCount)
    device = behind == 0 ? latch : DeviceWindow(latch, at: behind)
    self.behind = behind
    bytes = [UInt8](repeating: 0, count: max(0, byteCount))
  }

  private func index(_ offset: UInt64, _ place: Int) -> Int? {
    let (sum, overflow) = offset.addingReportingOverflow(behind)
    guard !overflow, sum < UInt64(bytes.count) else { return nil }
    let index = Int(sum) + place
    return index < bytes.count ? index : nil
  }

  func read(_ offset: UInt64, count: Int) -> [UInt8] {
    (0..<count).map { index(offset, $0).map { bytes[$0] } ?? 0xff }
  }

  func write(_ offset: UInt64, _ bytes: [UInt8]) -> DeviceEffect {
    for (place, byte) in bytes.enumerated() {
      if let index = index(offset, place) { self.bytes[index] = byte }
    }
    return .none
  }
}

/// One edge a write.
final class EdgeModel: SmallPortModel {
  let device: any Device
  private let line = FuzzPin()
  private var edges = 0

  init() { device = EdgeRegister(name: "edge", line: line) }

  func read(_ offset: UInt64, count: Int) -> [UInt8] { [UInt8](repeating: 0xff, count: count) }

  func write(_ offset: UInt64, _ bytes: [UInt8]) -> DeviceEffect {
    edges += 1
    return .none
  }

  func check() { precondition(!line.level && line.edges == edges, "\(line.edges) edges, not \(edges)") }
}

/// Counts up, and forgets.
final class StringPortModel: SmallPortModel {
  private let port = StringPort(name: "string")
  private var fed = 0
  private var swallowed = 0

  var device: any Device { port }

  func read(_ offset: UInt64, count: Int) -> [UInt8] {
    defer { fed += count }
    return (fed..<fed + count).map { UInt8(truncatingIfNeeded: $0) }
  }

  func write(_ offset: UInt64, _ bytes: [UInt8]) -> DeviceEffect {
    swallowed += bytes.count
    return .none
  }

  func check() { precondition(port.bytesFed == fed && port.bytesSwallowed == swallowed) }
}

/// A log of other pages each time, which KVM refuses each third time.
final class DirtyLogModel: SmallPortModel {
  /// libFuzzer calls on one thread.
  private final class Log: DirtyLog, @unchecked Sendable {
    var taken: UInt32 = 0

    func take() -> UInt32? {
      taken += 1
      return pages
    }

    var pages: UInt32? { taken % 3 == 0 ? nil : taken &* 0x0103_0507 }
  }

  let device: any Device
  private let log = Log()
  private let expected = Log()

  init() { device = DirtyLogPort(name: "dirty-log", log: log) }

  func read(_ offset: UInt64, count: Int) -> [UInt8] {
    guard offset == 0, count == 4 else { return [UInt8](repeating: 0xff, count: count) }
    return withUnsafeBytes(of: (expected.take() ?? .max).littleEndian) { Array($0) }
  }

  func write(_ offset: UInt64, _ bytes: [UInt8]) -> DeviceEffect { .none }

  func check() { precondition(log.taken == expected.taken, "the log was taken \(log.taken) times") }
}

/// Twice the value and one is the status.
final class DebugExitModel: SmallPortModel {
  let device: any Device = DebugExit()

  func read(_ offset: UInt64, count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  func write(_ offset: UInt64, _ bytes: [UInt8]) -> DeviceEffect {
    .stop(status: bytes.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) } &* 2 + 1)
  }
}

/// The reset control register where a PC has it, inside the address register of a bus without functions. Bit 2 resets when
/// it rises; the kind of reset reads back.
final class ResetControlModel: SmallPortModel {
  let device: any Device = ConfigurationPorts(PCISlots())
  private var address: [UInt8] = [0, 0, 0, 0]
  private var control: UInt8 = 0

  func read(_ offset: UInt64, count: Int) -> [UInt8] {
    switch (offset, count) {
    case (0, 4): address
    case (1, 1): [control]
    default: [UInt8](repeating: 0xff, count: count)
    }
  }

  func write(_ offset: UInt64, _ bytes: [UInt8]) -> DeviceEffect {
    if offset == 0, bytes.count == 4 {
      address = zip(bytes, [0xfc, 0xff, 0xff, 0x80]).map { $0 & $1 }
    } else if offset == 1, bytes.count == 1 {
      let old = control
      control = bytes[0] & 0x0e
      return control & ~old & 4 != 0 ? .reset : .none
    }
    return .none
  }
}

/// Registers of a byte each, which count how often they are read, and of which a large value resets the machine.
final class ByteRegistersModel: SmallPortModel {
  /// libFuzzer calls on one thread.
  private final class Registers: Device, @unchecked Sendable {
    let name = "byte-registers"
    private let count: UInt64
    private var values: [UInt8]

    init(count: UInt8) {
      self.count = UInt64(count)
      values = [UInt8](repeating: 0, count: Int(count))
    }

    func read(_ register: UInt8) -> UInt8 {
      values[Int(register)] &+= 1
      return values[Int(register)]
    }

    func write(_ register: UInt8, _ value: UInt8) -> DeviceEffect {
      values[Int(register)] = value
      return value >= 0xf0 ? .reset : .none
    }

    func read(offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
      ByteRegisters.read(offset: offset, into: bytes, count: count) { read($0) }
    }

    func write(offset: UInt64, from bytes: UnsafeRawBufferPointer) -> DeviceEffect {
      ByteRegisters.write(offset: offset, from: bytes, count: count) { write($0, $1) }
    }
  }

  let device: any Device
  private let count: UInt64
  private let expected: Registers

  init(count: UInt8) {
    device = Registers(count: count)
    expected = Registers(count: count)
    self.count = UInt64(count)
  }

  func read(_ offset: UInt64, count: Int) -> [UInt8] {
    (0..<UInt64(count)).map {
      offset < self.count - min($0, self.count) ? expected.read(UInt8(offset + $0)) : 0xff
    }
  }

  func write(_ offset: UInt64, _ bytes: [UInt8]) -> DeviceEffect {
    for (place, byte) in bytes.enumerated() where offset < count && offset + UInt64(place) < count {
      let effect = expected.write(UInt8(offset) + UInt8(place), byte)
      guard effect == .none else { return effect }
    }
    return .none
  }
}
