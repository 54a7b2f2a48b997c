/// The check sequence at the end of an Ethernet frame, a CRC of 32 bits (IEEE 802.3, 3.2.9), eight bytes at a time.
struct FrameCheckSequence: Sendable {
  /// The generating polynomial, its highest term in the lowest bit.
  private static let polynomial: UInt32 = 0xedb8_8320

  // Of eight times 256 entries, the nth the remainder of a byte with n bytes of zeros behind it.
  private let table: [UInt32]

  init() {
    var table = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 != 0 ? Self.polynomial : 0) }
      table[byte] = remainder
    }
    for index in 256..<table.count {
      let remainder = table[index - 256]
      table[index] = remainder >> 8 ^ table[Int(remainder & 0xff)]
    }
    self.table = table
  }

  /// The check sequence of `frame`, which is sent with its lowest byte first.
  func of(_ frame: UnsafeRawBufferPointer) -> UInt32 {
    table.withUnsafeBufferPointer { table in
      var remainder = UInt32.max
      var offset = 0
      while frame.count - offset >= 8 {
        let word =
          UInt64(littleEndian: frame.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
          ^ UInt64(remainder)
        var next: UInt32 = 0
        for index in 0..<8 { next ^= table[(7 - index) << 8 + Int(word >> UInt64(8 * index) & 0xff)] }
        remainder = next
        offset += 8
      }
      while offset < frame.count {
        remainder = remainder >> 8 ^ table[Int((remainder ^ UInt32(frame[offset])) & 0xff)]
        offset += 1
      }
      return ~remainder
    }
  }
}
