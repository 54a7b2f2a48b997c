/// Text and byte strings: the length of every row as a variable-length number, then all contents one after another.
enum TextCodec {
  static func encode(strings: [String], to buffer: inout ByteBuffer) {
    for string in strings { buffer.appendVarint(UInt64(string.utf8.count)) }
    for string in strings {
      var copy = string
      copy.withUTF8 { buffer.append(contentsOf: UnsafeRawBufferPointer($0)) }
    }
  }

  static func encode(bytes: [[UInt8]], to buffer: inout ByteBuffer) {
    for value in bytes { buffer.appendVarint(UInt64(value.count)) }
    for value in bytes { value.withUnsafeBytes { buffer.append(contentsOf: $0) } }
  }

  /// The contents of each row, in place.
  static func decode(
    _ cursor: inout ByteCursor, rows: Int
  ) throws(TraceError) -> [UnsafeRawBufferPointer] {
    guard rows <= cursor.remaining else {
      throw cursor.malformed("\(rows) texts in \(cursor.remaining) bytes")
    }
    var lengths: [Int] = []
    lengths.reserveCapacity(rows)
    for _ in 0..<rows {
      let length = try cursor.varint()
      guard length <= UInt64(cursor.bytes.count) else { throw cursor.malformed("a text of \(length) bytes") }
      lengths.append(Int(length))
    }
    var values: [UnsafeRawBufferPointer] = []
    values.reserveCapacity(rows)
    for length in lengths { values.append(try cursor.take(length)) }
    return values
  }
}
