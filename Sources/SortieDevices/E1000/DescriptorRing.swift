/// A ring of descriptors as its registers describe it (sections 13.4.25 to 13.4.29 and 13.4.36 to 13.4.40). What the
/// driver has written is kept as it is, and is looked at when a descriptor is wanted.
struct DescriptorRing: BitwiseCopyable, Sendable {
  /// Bytes of a descriptor, of either kind.
  static let descriptorBytes: UInt64 = 16

  // Offsets from the first register.
  static let baseLow = 0x00
  static let baseHigh = 0x04
  static let length = 0x08
  static let head = 0x10
  static let tail = 0x18

  private(set) var base: UInt64 = 0
  private var byteCount: UInt32 = 0
  private(set) var head = 0
  private(set) var tail = 0
  /// Counts how often the driver has made it another ring: work on the ring before is of no use.
  private(set) var epoch: UInt64 = 0

  /// Descriptors in the ring.
  var count: Int { Int(byteCount) / Int(Self.descriptorBytes) }

  /// How many descriptors the driver has handed over; none where head or tail is outside the ring, where a card goes
  /// astray.
  var available: Int {
    guard head < count, tail < count else { return 0 }
    return tail >= head ? tail - head : tail - head + count
  }

  mutating func advance(by descriptors: Int) { head = (head + descriptors) % max(count, 1) }

  mutating func abandonWork() { epoch += 1 }

  mutating func reset() {
    let epoch = epoch
    self = DescriptorRing()
    self.epoch = epoch + 1
  }

  /// The guest physical address of the descriptor `index` places behind the head.
  func address(behindHead index: Int) -> UInt64 {
    base &+ UInt64((head + index) % max(count, 1)) &* Self.descriptorBytes
  }

  // MARK: Registers

  func read(_ register: Int) -> UInt32 {
    switch register {
    case Self.baseLow: UInt32(truncatingIfNeeded: base)
    case Self.baseHigh: UInt32(base >> 32)
    case Self.length: byteCount
    case Self.head: UInt32(head)
    default: UInt32(tail)
    }
  }

  mutating func write(_ value: UInt32, to register: Int) {
    switch register {
    case Self.baseLow: base = base & ~0xffff_ffff | UInt64(value & ~0xf)
    case Self.baseHigh: base = UInt64(value) << 32 | base & 0xffff_ffff
    case Self.length: byteCount = value & 0x000f_ff80
    case Self.head: head = Int(value & 0xffff)
    default:
      tail = Int(value & 0xffff)
      return
    }
    abandonWork()
  }

  /// Whether `register` is one of a ring.
  static func has(_ register: Int) -> Bool {
    switch register {
    case baseLow, baseHigh, length, head, tail: true
    default: false
    }
  }
}
