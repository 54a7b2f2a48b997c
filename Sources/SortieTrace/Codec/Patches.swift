/// Rows that a fixed width does not hold: the distance to the patched row before, and the bits above the width.
enum Patches {
  /// Appends a patch for every residual that, less `base`, needs more than `width` bits; returns how many.
  static func encode(
    _ residuals: UnsafeBufferPointer<UInt64>, base: UInt64, width: Int, to buffer: inout ByteBuffer
  ) -> UInt32 {
    guard width < 64 else { return 0 }
    var count: UInt32 = 0
    var next = 0
    for row in 0..<residuals.count {
      let excess = (residuals[row] &- base) >> UInt64(width)
      if excess == 0 { continue }
      buffer.appendVarint(UInt64(row - next))
      buffer.appendVarint(excess)
      next = row + 1
      count += 1
    }
    return count
  }

  /// Adds `count` patches, read from `cursor`, to residuals of `width` bits.
  static func apply(
    _ count: UInt32, width: Int, from cursor: inout ByteCursor,
    to residuals: UnsafeMutableBufferPointer<UInt64>
  ) throws(TraceError) {
    guard count == 0 || width < 64 else { throw cursor.malformed("patches of a 64-bit column") }
    guard count <= residuals.count else {
      throw cursor.malformed("\(count) patches of \(residuals.count) rows")
    }
    var next: UInt64 = 0
    for _ in 0..<count {
      let gap = try cursor.varint()
      let excess = try cursor.varint()
      guard gap < UInt64(residuals.count) &- next else {
        throw cursor.malformed("a patch \(gap) rows behind row \(next) of \(residuals.count)")
      }
      guard excess <= UInt64.max >> UInt64(width) else {
        throw cursor.malformed("a patch of \(excess) above \(width) bits")
      }
      let row = Int(next + gap)
      residuals[row] = residuals[row] &+ excess << UInt64(width)
      next = UInt64(row) + 1
    }
  }
}
