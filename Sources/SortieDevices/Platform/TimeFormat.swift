/// How the bytes of the real time clock say the time: bits 1 and 2 of register B.
struct TimeFormat: BitwiseCopyable, Equatable, Sendable {
  private static let afternoon: UInt8 = 0x80

  /// Binary numbers, else BCD.
  var isBinary: Bool
  /// Hours from 0 to 23, else from 1 to 12 with ``afternoon`` in the afternoon.
  var has24Hours: Bool

  func encode(_ value: Int64) -> UInt8 {
    let value = UInt8(truncatingIfNeeded: value)
    return isBinary ? value : (value / 10 % 10) << 4 | value % 10
  }

  /// The number that a byte says. A nibble above 9 counts as what it is.
  func decode(_ byte: UInt8) -> Int64 {
    isBinary ? Int64(byte) : Int64(byte >> 4) * 10 + Int64(byte & 0xf)
  }

  func encodeHour(_ hour: Int64) -> UInt8 {
    guard !has24Hours else { return encode(hour) }
    let twelve = hour % 12 == 0 ? 12 : hour % 12
    return encode(twelve) | (hour >= 12 ? Self.afternoon : 0)
  }

  func decodeHour(_ byte: UInt8) -> Int64 {
    guard !has24Hours else { return decode(byte) }
    return decode(byte & ~Self.afternoon) % 12 + (byte & Self.afternoon != 0 ? 12 : 0)
  }
}
