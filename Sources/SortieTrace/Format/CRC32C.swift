/// CRC-32C (Castagnoli), as iSCSI defines it: reflected polynomial 0x82F63B78, initial value and final inversion all
/// ones. Source: RFC 3720, section 12.1 and appendix B.4; test vectors from the same appendix.
enum CRC32C {
  /// Slicing-by-8: row k holds the effect of a byte that k zero bytes follow.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
      tables[byte] = crc
    }
    for row in 1..<8 {
      for byte in 0..<256 {
        let previous = tables[(row - 1) * 256 + byte]
        tables[row * 256 + byte] = previous >> 8 ^ tables[Int(previous & 0xff)]
      }
    }
    return tables
  }()

  /// The checksum of `bytes`.
  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard let start = bytes.baseAddress else { return 0 }
    return tables.withUnsafeBufferPointer { tables in
      guard let table = tables.baseAddress else { return 0 }
      var crc = UInt32.max
      var offset = 0
      while bytes.count - offset >= 8 {
        let word =
          UInt64(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(crc)
        crc = table[7 * 256 + Int(word & 0xff)]
        crc ^= table[6 * 256 + Int(word >> 8 & 0xff)]
        crc ^= table[5 * 256 + Int(word >> 16 & 0xff)]
        crc ^= table[4 * 256 + Int(word >> 24 & 0xff)]
        crc ^= table[3 * 256 + Int(word >> 32 & 0xff)]
        crc ^= table[2 * 256 + Int(word >> 40 & 0xff)]
        crc ^= table[256 + Int(word >> 48 & 0xff)]
        crc ^= table[Int(word >> 56)]
        offset += 8
      }
      while offset < bytes.count {
        crc = crc >> 8 ^ table[Int((crc ^ UInt32(start.load(fromByteOffset: offset, as: UInt8.self))) & 0xff)]
        offset += 1
      }
      return ~crc
    }
  }
}
