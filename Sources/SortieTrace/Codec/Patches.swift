/// Rows that a packing does not hold as they are: the rows passed over since the patched row before, and what to add.
enum Patches {
  /// Appends a patch with the bits above `width` for every number that, less `base`, needs more; returns how many.
  static func encode(
    _ numbers: UnsafeBufferPointer<UInt64>, base: UInt64, width: Int, to buffer: inout ByteBuffer
  ) -> UInt32 {
    guard width < 64 else { return 0 }
    var count: UInt32 = 0
    var next = 0
    for row in 0..<numbers.count {
      let excess = (numbers[row] &- base) >> UInt64(width)
      if excess == 0 { continue }
      buffer.appendVarint(UInt64(row - next))
      buffer.appendVarint(excess)
      next = row + 1
      count += 1
    }
    return count
  }

  /// Appends a patch for every remainder; returns how many.
  static func encode(_ remainders: [(row: Int, remainder: UInt64)], to buffer: inout ByteBuffer) -> UInt32 {
    var next = 0
    for (row, remainder) in remainders {
      buffer.appendVarint(UInt64(row - next))
      buffer.appendVarint(remainder)
      next = row + 1
    }
    return UInt32(remainders.count)
  }

  /// Reads `count` patches from `cursor` and adds each, shifted left by `shift` bits, to its row.
  static func apply(
    _ count: UInt32, shift: Int, from cursor: inout ByteCursor, to values: UnsafeMutableBufferPointer<UInt64>
  ) throws(TraceError) {
    guard count == 0 || shift < 64 else { throw cursor.malformed("patches of a 64-bit column") }
    guard count <= values.count else { throw cursor.malformed("\(count) patches of \(values.count) rows") }
    var next: UInt64 = 0
    for _ in 0..<count {
      let gap = try cursor.varint()
      let excess = try cursor.varint()
      guard gap < UInt64(values.count) &- next else {
        throw cursor.malformed("a patch \(gap) rows behind row \(next) of \(values.count)")
      }
      guard excess <= UInt64.max >> UInt64(shift) else {
        throw cursor.malformed("a patch of \(excess) above \(shift) bits")
      }
      let row = Int(next + gap)
      values[row] = values[row] &+ excess << UInt64(shift)
      next = UInt64(row) + 1
    }
  }
}
