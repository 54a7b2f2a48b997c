/// Frame of reference in planes: `base` (8 bytes), planes (1), patches (4), the lowest byte of every residual less
/// base, then every second byte and so on; then the patches.
enum BytePlanes {
  /// `boundaries` receives where a new distribution of bytes begins.
  static func encode(
    _ residuals: UnsafeBufferPointer<UInt64>, base: UInt64, planes: Int, to buffer: inout ByteBuffer,
    boundaries: inout [Int]
  ) {
    buffer.append(base)
    buffer.append(UInt8(planes))
    let patchCount = buffer.count
    buffer.append(UInt32(0))
    for plane in 0..<planes {
      boundaries.append(buffer.count)
      let bytes = buffer.extend(by: residuals.count).assumingMemoryBound(to: UInt8.self)
      let shift = UInt64(plane * 8)
      for row in 0..<residuals.count {
        bytes[row] = UInt8(truncatingIfNeeded: (residuals[row] &- base) >> shift)
      }
    }
    boundaries.append(buffer.count)
    let count = Patches.encode(residuals, base: base, width: planes * 8, to: &buffer)
    (buffer.start + patchCount).storeBytes(of: count.littleEndian, as: UInt32.self)
  }

  /// Fills `residuals`.
  static func decode(
    _ cursor: inout ByteCursor, to residuals: UnsafeMutableBufferPointer<UInt64>
  ) throws(TraceError) {
    let base = try cursor.read(UInt64.self)
    let planes = Int(try cursor.read(UInt8.self))
    guard 1...8 ~= planes else { throw cursor.malformed("\(planes) planes") }
    let patches = try cursor.read(UInt32.self)
    for plane in 0..<planes {
      let bytes = try cursor.take(residuals.count)
      guard let source = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { continue }
      if plane == 0 {
        for row in 0..<residuals.count { residuals[row] = UInt64(source[row]) }
      } else {
        let shift = UInt64(plane * 8)
        for row in 0..<residuals.count { residuals[row] |= UInt64(source[row]) << shift }
      }
    }
    try Patches.apply(patches, width: planes * 8, from: &cursor, to: residuals)
    for row in 0..<residuals.count { residuals[row] &+= base }
  }
}
