/// The registers in which a command gets its parameters and leaves its results. Those of 48-bit commands hold two bytes
/// each: the last that was written and the one before (ATA/ATAPI-6, section 6.20).
struct TaskFile: BitwiseCopyable, Sendable {
  private struct Bytes: BitwiseCopyable, Sendable {
    var features: UInt8 = 0
    var count: UInt8 = 0
    var low: UInt8 = 0
    var mid: UInt8 = 0
    var high: UInt8 = 0
  }

  // Device register, section 7.7.
  private static let addressIsLBA: UInt8 = 1 << 6
  private static let second: UInt8 = 1 << 4
  private static let addressBits: UInt8 = 0x0f

  private var current = Bytes()
  private var previous = Bytes()
  private(set) var device: UInt8 = 0

  /// What says, after a reset, that this is no packet device (section 9.12).
  static var signature: TaskFile {
    var file = TaskFile()
    file.current.count = 1
    file.current.low = 1
    return file
  }

  /// Whether the device register selects device 1.
  static func selectsSecond(_ device: UInt8) -> Bool { device & second != 0 }

  mutating func write(_ register: UInt8, _ value: UInt8) {
    switch register {
    case ATARegister.features: Self.push(value, &current.features, &previous.features)
    case ATARegister.count: Self.push(value, &current.count, &previous.count)
    case ATARegister.low: Self.push(value, &current.low, &previous.low)
    case ATARegister.mid: Self.push(value, &current.mid, &previous.mid)
    case ATARegister.high: Self.push(value, &current.high, &previous.high)
    case ATARegister.device: device = value
    default: break
    }
  }

  private static func push(_ value: UInt8, _ current: inout UInt8, _ previous: inout UInt8) {
    previous = current
    current = value
  }

  /// A register from ``ATARegister/count`` to ``ATARegister/device``; `highOrder` is the HOB bit.
  func read(_ register: UInt8, highOrder: Bool) -> UInt8 {
    let bytes = highOrder ? previous : current
    switch register {
    case ATARegister.count: return bytes.count
    case ATARegister.low: return bytes.low
    case ATARegister.mid: return bytes.mid
    case ATARegister.high: return bytes.high
    default: return device
    }
  }

  var features: UInt8 { current.features }

  var count: UInt8 {
    get { current.count }
    set { current.count = newValue }
  }

  /// Whether the address is a number and no cylinder, head and sector.
  var hasLBA: Bool { device & Self.addressIsLBA != 0 }

  /// How many sectors a command is for: no sectors stands for one more than the registers can say.
  func sectorCount(isExtended: Bool) -> Int {
    guard isExtended else { return current.count == 0 ? 0x100 : Int(current.count) }
    let count = Int(previous.count) << 8 | Int(current.count)
    return count == 0 ? 0x1_0000 : count
  }

  /// The sector that a command begins with.
  func address(isExtended: Bool) -> UInt64 {
    let low = UInt64(current.high) << 16 | UInt64(current.mid) << 8 | UInt64(current.low)
    guard isExtended else { return UInt64(device & Self.addressBits) << 24 | low }
    return UInt64(previous.high) << 40 | UInt64(previous.mid) << 32 | UInt64(previous.low) << 24 | low
  }

  /// Gives the host the address of a sector; of 28 bits where the command has no more.
  mutating func setAddress(_ address: UInt64, isExtended: Bool) {
    current.low = UInt8(truncatingIfNeeded: address)
    current.mid = UInt8(truncatingIfNeeded: address >> 8)
    current.high = UInt8(truncatingIfNeeded: address >> 16)
    if isExtended {
      previous.low = UInt8(truncatingIfNeeded: address >> 24)
      previous.mid = UInt8(truncatingIfNeeded: address >> 32)
      previous.high = UInt8(truncatingIfNeeded: address >> 40)
    } else {
      device = device & ~Self.addressBits | UInt8(truncatingIfNeeded: address >> 24) & Self.addressBits
    }
  }
}
