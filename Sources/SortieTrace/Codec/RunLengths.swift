/// Runs of equal residuals: length, then the zigzag residual, both variable-length numbers, until all rows are filled.
enum RunLengths {
  static func encode(_ residuals: UnsafeBufferPointer<UInt64>, to buffer: inout ByteBuffer) {
    var row = 0
    while row < residuals.count {
      var end = row + 1
      while end < residuals.count, residuals[end] == residuals[row] { end += 1 }
      buffer.appendVarint(UInt64(end - row))
      buffer.appendVarint(zigzag(residuals[row]))
      row = end
    }
  }

  /// Fills `residuals`.
  static func decode(
    _ cursor: inout ByteCursor, to residuals: UnsafeMutableBufferPointer<UInt64>
  ) throws(TraceError) {
    var row = 0
    while row < residuals.count {
      let length = try cursor.varint()
      let residual = unzigzag(try cursor.varint())
      guard length > 0, length <= UInt64(residuals.count - row) else {
        throw cursor.malformed("a run of \(length) from row \(row) of \(residuals.count)")
      }
      let end = row + Int(length)
      while row < end {
        residuals[row] = residual
        row += 1
      }
    }
  }
}
