/// The table of physical region descriptors from which a bus master takes the memory of a transfer (*Programming
/// Interface for Bus Master IDE Controller*, revision 1.0, "Physical Region Descriptor Table"), read as the transfer goes.
struct PRDTable: BitwiseCopyable, Sendable {
  private static let descriptorBytes: UInt64 = 8
  /// Neither a table nor a region may cross a multiple of this.
  private static let boundary: UInt64 = 1 << 16
  // The upper half of a descriptor.
  private static let endOfTable: UInt32 = 1 << 31
  private static let countMask: UInt32 = 0xfffe

  private var next: UInt64 = 0
  private var end: UInt64 = 0
  private var isLast = false
  /// What is left of the region of the descriptor that was read last.
  private var address: UInt64 = 0
  private var left = 0

  /// No table: nothing is left of it.
  init() { isLast = true }

  /// The table at a doubleword of guest memory.
  init(at address: UInt32) {
    next = UInt64(address & ~3)
    end = (next & ~(Self.boundary - 1)) + Self.boundary
  }

  /// Whether all regions are used up.
  var isExhausted: Bool { isLast && left == 0 }

  /// Takes up to `count` bytes of guest memory from the regions.
  ///
  /// - Returns: nil when the table or a region is not in RAM or crosses a boundary of 64 KiB, which the specification
  ///   forbids; so a table without an end is at an end after 8192 descriptors.
  mutating func take(_ count: Int, of memory: GuestRAM) -> UnsafeMutableRawBufferPointer? {
    if left == 0 {
      guard readDescriptor(memory) else { return nil }
    }
    let part = min(count, left)
    guard let bytes = memory.bytes(at: address, count: UInt64(part)) else { return nil }
    address += UInt64(part)
    left -= part
    return bytes
  }

  private mutating func readDescriptor(_ memory: GuestRAM) -> Bool {
    guard !isLast, next < end, let bytes = memory.bytes(at: next, count: Self.descriptorBytes) else {
      return false
    }
    next += Self.descriptorBytes
    // Regions begin at words and have whole words: the lowest bits are reserved.
    address = UInt64(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) & ~1)
    let upper = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    let count = UInt64(upper & Self.countMask)
    let size = count == 0 ? Self.boundary : count
    guard address % Self.boundary + size <= Self.boundary else { return false }
    isLast = upper & Self.endOfTable != 0
    left = Int(size)
    return true
  }
}
