/// Frame of reference with a fixed number of bits a row: a ``PackedFrame``, then the low bits of every row's number, row 0
/// from bit 0 upwards, whole bytes; then patches and remainders.
enum BitPacking {
  /// Greatest width: a row's bits lie within eight bytes wherever they begin.
  static let maxWidth = 56

  /// Packs `numbers` less `base`.
  static func encode(
    _ numbers: UnsafeBufferPointer<UInt64>, base: UInt64, width: Int, to buffer: inout ByteBuffer
  ) {
    let length = (numbers.count * width + 7) / 8
    let packed = buffer.extend(by: length)
    packed.initializeMemory(as: UInt8.self, repeating: 0, count: length)
    let mask = (1 as UInt64) << UInt64(width) - 1
    var pending: UInt64 = 0
    var pendingBits = 0
    var offset = 0
    for number in numbers {
      let value = (number &- base) & mask
      pending |= value << UInt64(pendingBits)
      pendingBits += width
      while pendingBits >= 64 {
        packed.storeBytes(of: pending.littleEndian, toByteOffset: offset, as: UInt64.self)
        offset += 8
        pendingBits -= 64
        pending = pendingBits == 0 ? 0 : value >> UInt64(width - pendingBits)
      }
    }
    while pendingBits > 0 {
      packed.storeBytes(of: UInt8(truncatingIfNeeded: pending), toByteOffset: offset, as: UInt8.self)
      offset += 1
      pending >>= 8
      pendingBits -= 8
    }
  }

  /// Fills `numbers`. Eight bytes behind the end of what `cursor` reads must be readable.
  static func decode(
    _ cursor: inout ByteCursor, width: Int, to numbers: UnsafeMutableBufferPointer<UInt64>
  ) throws(TraceError) {
    guard width <= maxWidth else { throw cursor.malformed("\(width) bits a row") }
    let packed = try cursor.take((numbers.count * width + 7) / 8)
    guard let bytes = packed.baseAddress, width > 0 else { return numbers.update(repeating: 0) }
    let mask = (1 as UInt64) << UInt64(width) - 1
    var bit = 0
    for row in 0..<numbers.count {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self))
      numbers[row] = word >> UInt64(bit & 7) & mask
      bit += width
    }
  }
}
