/// Frame of reference in planes: a ``PackedFrame``, then the lowest byte of every row's number, then every second byte and
/// so on; then patches and remainders.
enum BytePlanes {
  /// Packs `numbers` less `base`. `boundaries` receives where a new distribution of bytes begins.
  static func encode(
    _ numbers: UnsafeBufferPointer<UInt64>, base: UInt64, planes: Int, to buffer: inout ByteBuffer,
    boundaries: inout [Int]
  ) {
    for plane in 0..<planes {
      boundaries.append(buffer.count)
      let bytes = buffer.extend(by: numbers.count).assumingMemoryBound(to: UInt8.self)
      let shift = UInt64(plane * 8)
      for row in 0..<numbers.count {
        bytes[row] = UInt8(truncatingIfNeeded: (numbers[row] &- base) >> shift)
      }
    }
    boundaries.append(buffer.count)
  }

  /// Fills `numbers`.
  static func decode(
    _ cursor: inout ByteCursor, planes: Int, to numbers: UnsafeMutableBufferPointer<UInt64>
  ) throws(TraceError) {
    guard 1...8 ~= planes else { throw cursor.malformed("\(planes) planes") }
    for plane in 0..<planes {
      let bytes = try cursor.take(numbers.count)
      guard let source = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { continue }
      if plane == 0 {
        for row in 0..<numbers.count { numbers[row] = UInt64(source[row]) }
      } else {
        let shift = UInt64(plane * 8)
        for row in 0..<numbers.count { numbers[row] |= UInt64(source[row]) << shift }
      }
    }
  }
}
