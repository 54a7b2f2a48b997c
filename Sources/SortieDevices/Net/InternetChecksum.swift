/// The checksum of the Internet protocols (RFC 1071): the complement of the ones' complement sum of words of 16 bits.
enum InternetChecksum {
  /// The sum of `bytes` in network byte order, a last odd byte with a zero behind it, not yet complemented.
  static func sum(_ bytes: UnsafeRawBufferPointer) -> UInt16 {
    // The sum may be taken in the host's order, and words of 32 bits at a time (sections 2 B and 2 C).
    var sum: UInt64 = 0
    var offset = 0
    while bytes.count - offset >= 4 {
      sum &+= UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      offset += 4
    }
    if bytes.count - offset >= 2 {
      sum &+= UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
      offset += 2
    }
    if offset < bytes.count { sum &+= UInt64(UInt16(bytes[offset]).littleEndian) }
    return UInt16(bigEndian: fold(sum))
  }

  /// The ones' complement sum of two sums.
  static func add(_ first: UInt16, _ second: UInt16) -> UInt16 { fold(UInt64(first) + UInt64(second)) }

  private static func fold(_ sum: UInt64) -> UInt16 {
    var sum = sum
    while sum > 0xffff { sum = (sum & 0xffff) + sum >> 16 }
    return UInt16(sum)
  }
}
