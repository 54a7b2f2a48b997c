/// Frame of reference with a fixed number of bits a row: `base` (8 bytes), width (1), patches (4), the low bits of
/// every residual less base, lowest row first from bit 0 upwards, whole bytes; then the patches.
enum BitPacking {
  /// Greatest width: a row's bits lie within eight bytes wherever they begin.
  static let maxWidth = 56

  static func encode(
    _ residuals: UnsafeBufferPointer<UInt64>, base: UInt64, width: Int, to buffer: inout ByteBuffer
  ) {
    buffer.append(base)
    buffer.append(UInt8(width))
    let patchCount = buffer.count
    buffer.append(UInt32(0))
    let length = (residuals.count * width + 7) / 8
    let packed = buffer.extend(by: length)
    packed.initializeMemory(as: UInt8.self, repeating: 0, count: length)
    let mask = (1 as UInt64) << UInt64(width) - 1
    var pending: UInt64 = 0
    var pendingBits = 0
    var offset = 0
    for residual in residuals {
      let value = (residual &- base) & mask
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
    let count = Patches.encode(residuals, base: base, width: width, to: &buffer)
    (buffer.start + patchCount).storeBytes(of: count.littleEndian, as: UInt32.self)
  }

  /// Fills `residuals`. Eight bytes behind the end of what `cursor` reads must be readable.
  static func decode(
    _ cursor: inout ByteCursor, to residuals: UnsafeMutableBufferPointer<UInt64>
  ) throws(TraceError) {
    let base = try cursor.read(UInt64.self)
    let width = Int(try cursor.read(UInt8.self))
    guard width <= maxWidth else { throw cursor.malformed("\(width) bits a row") }
    let patches = try cursor.read(UInt32.self)
    let packed = try cursor.take((residuals.count * width + 7) / 8)
    if let bytes = packed.baseAddress, width > 0 {
      let mask = (1 as UInt64) << UInt64(width) - 1
      var bit = 0
      for row in 0..<residuals.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self))
        residuals[row] = word >> UInt64(bit & 7) & mask
        bit += width
      }
    } else {
      residuals.update(repeating: 0)
    }
    try Patches.apply(patches, width: width, from: &cursor, to: residuals)
    for row in 0..<residuals.count { residuals[row] &+= base }
  }
}
