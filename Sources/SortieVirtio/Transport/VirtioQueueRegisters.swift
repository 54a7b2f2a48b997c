/// What the driver tells of one queue (Virtual I/O Device Version 1.2, section 4.1.4.3). Nothing is checked
/// here: a queue that cannot be used shows when the device starts.
struct VirtioQueueRegisters: Sendable {
  var size: UInt16
  var descriptors: UInt64 = 0
  var available: UInt64 = 0
  var used: UInt64 = 0
  var isEnabled = false

  /// A queue after reset: it has the largest size that the device takes.
  init(maximumSize: UInt16) { size = maximumSize }
}

extension UInt64 {
  /// The lower half, a register of its own where registers have 32 bits.
  var low: UInt32 {
    get { UInt32(truncatingIfNeeded: self) }
    set { self = self & ~0xffff_ffff | UInt64(newValue) }
  }

  /// The upper half.
  var high: UInt32 {
    get { UInt32(self >> 32) }
    set { self = self & 0xffff_ffff | UInt64(newValue) << 32 }
  }
}
