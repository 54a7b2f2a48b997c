/// What stands before packed bits or planes: residual = base + unit · number + remainder.
struct PackedFrame {
  var base: UInt64
  var unit: UInt64
  /// Bits a row, or planes.
  var width: UInt8
  /// Rows whose number needs more bits.
  var patches: UInt32
  /// Rows with a remainder.
  var remainders: UInt32

  init(base: UInt64, unit: UInt64, width: Int) {
    self.base = base
    self.unit = unit
    self.width = UInt8(width)
    patches = 0
    remainders = 0
  }

  func append(to buffer: inout ByteBuffer) {
    buffer.append(base)
    buffer.append(unit)
    buffer.append(width)
    buffer.append(patches)
    buffer.append(remainders)
  }

  /// Writes the counts, known only behind the rows, into the frame at `offset`.
  func patchCounts(at offset: Int, in buffer: borrowing ByteBuffer) {
    (buffer.start + offset + 17).storeBytes(of: patches.littleEndian, as: UInt32.self)
    (buffer.start + offset + 21).storeBytes(of: remainders.littleEndian, as: UInt32.self)
  }

  init(_ cursor: inout ByteCursor) throws(TraceError) {
    base = try cursor.read(UInt64.self)
    unit = try cursor.read(UInt64.self)
    width = try cursor.read(UInt8.self)
    patches = try cursor.read(UInt32.self)
    remainders = try cursor.read(UInt32.self)
  }

  /// Reads the exceptions of `bits` wide rows behind them, and turns numbers into residuals.
  func finish(
    _ cursor: inout ByteCursor, bits: Int, _ numbers: UnsafeMutableBufferPointer<UInt64>
  ) throws(TraceError) {
    try Patches.apply(patches, shift: bits, from: &cursor, to: numbers)
    if unit == 1 {
      for row in 0..<numbers.count { numbers[row] &+= base }
    } else {
      for row in 0..<numbers.count { numbers[row] = numbers[row] &* unit &+ base }
    }
    try Patches.apply(remainders, shift: 0, from: &cursor, to: numbers)
  }
}
