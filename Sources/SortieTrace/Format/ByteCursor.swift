/// Reads little-endian numbers from bytes nobody vouches for: every step is checked against the end.
struct ByteCursor {
  /// All the bytes.
  let bytes: UnsafeRawBufferPointer
  /// Where the next one is read.
  private(set) var offset = 0
  /// Where `bytes` stand in the file: errors name it.
  let origin: UInt64
  /// What is being read: errors name it.
  let what: String

  init(_ bytes: UnsafeRawBufferPointer, origin: UInt64, what: String) {
    self.bytes = bytes
    self.origin = origin
    self.what = what
  }

  /// Bytes left.
  var remaining: Int { bytes.count - offset }

  /// An error that says where the cursor stands.
  func malformed(_ problem: String) -> TraceError {
    .corrupted(offset: origin, what: "\(what): \(problem) (byte \(offset) of \(bytes.count))")
  }

  /// The next number. Throws ``TraceError/corrupted(offset:what:)`` at the end.
  mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type
  ) throws(TraceError) -> Value {
    guard remaining >= MemoryLayout<Value>.size else { throw malformed("ends too early") }
    let value = bytes.loadUnaligned(fromByteOffset: offset, as: Value.self)
    offset += MemoryLayout<Value>.size
    return Value(littleEndian: value)
  }

  /// The next `count` bytes. Throws ``TraceError/corrupted(offset:what:)`` where there are fewer.
  mutating func take(_ count: Int) throws(TraceError) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else { throw malformed("ends \(count - remaining) bytes too early") }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
  }

  /// The next LEB128 number: seven bits a byte, lowest first, at most ten bytes and 64 bits.
  mutating func varint() throws(TraceError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      guard shift < 63 || byte <= 1 else { throw malformed("a variable-length number above 64 bits") }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw malformed("ends within a number")
  }
}

/// Signed numbers as unsigned ones, small magnitudes first: 0, -1, 1, -2, 2 …
@inline(__always) func zigzag(_ value: UInt64) -> UInt64 {
  let signed = Int64(bitPattern: value)
  return UInt64(bitPattern: signed << 1 ^ signed >> 63)
}

/// The inverse of ``zigzag(_:)``.
@inline(__always) func unzigzag(_ value: UInt64) -> UInt64 { value >> 1 ^ (0 &- (value & 1)) }
