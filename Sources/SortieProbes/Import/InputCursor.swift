/// Reads little-endian numbers and texts of a recording one after the other; every step is checked against the end.
struct InputCursor {
  private let input: ImportInput
  /// Where the next byte is read, from the start of the input.
  private(set) var offset: UInt64
  /// Where what is read ends.
  let end: UInt64
  /// What is being read: errors name it.
  let what: String

  /// Longest text up to its zero byte.
  private static let longestName: UInt64 = 4096

  /// A cursor from `offset` on, over `count` bytes or all there are.
  ///
  /// - Throws: ``ImportError/truncated(offset:what:)`` where there are fewer.
  init(
    _ input: ImportInput, at offset: UInt64, count: UInt64? = nil, what: String
  ) throws(ImportError) {
    guard offset <= input.size, count ?? 0 <= input.size - offset else {
      throw .truncated(offset: input.size, what: what)
    }
    self.input = input
    self.offset = offset
    end = offset + (count ?? input.size - offset)
    self.what = what
  }

  /// A cursor over bytes in memory.
  init(bytes: [UInt8], what: String) {
    input = ImportInput(bytes: bytes, path: what)
    (offset, end) = (0, UInt64(bytes.count))
    self.what = what
  }

  /// Bytes left.
  var remaining: UInt64 { end - offset }

  /// An error that says where the cursor stands.
  func malformed(_ problem: String) -> ImportError { .malformed(offset: offset, what: "\(what): \(problem)") }

  /// The next number.
  ///
  /// - Throws: ``ImportError/truncated(offset:what:)`` at the end.
  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type
  ) throws(ImportError) -> Value {
    let count = UInt64(MemoryLayout<Value>.size)
    try check(count)
    let value = try input.bytes(at: offset, count, of: what) { $0.loadUnaligned(as: Value.self) }
    offset += count
    return Value(littleEndian: value)
  }

  /// The next `count` bytes, at most `limit`.
  ///
  /// - Throws: ``ImportError`` where there are fewer, or more are asked for.
  mutating func bytes(_ count: UInt64, limit: UInt64) throws(ImportError) -> [UInt8] {
    guard count <= limit else { throw malformed("\(count) bytes, at most \(limit) are read") }
    try check(count)
    defer { offset += count }
    return try input.bytes(at: offset, count, of: what) { Array($0) }
  }

  /// The next `count` bytes, or fewer where there are no more.
  func prefix(_ count: UInt64) throws(ImportError) -> [UInt8] {
    try input.bytes(at: offset, min(count, remaining), of: what) { Array($0) }
  }

  /// The text up to the next zero byte.
  ///
  /// - Throws: ``ImportError`` where there is none.
  mutating func name() throws(ImportError) -> String {
    let bytes = try prefix(Self.longestName)
    guard let length = bytes.firstIndex(of: 0) else {
      if remaining <= Self.longestName { throw .truncated(offset: end, what: what) }
      throw malformed("a name of more than \(Self.longestName) bytes")
    }
    offset += UInt64(length) + 1
    return String(decoding: bytes[..<length], as: UTF8.self)
  }

  /// Passes over bytes.
  ///
  /// - Throws: ``ImportError/truncated(offset:what:)`` where there are fewer.
  mutating func skip(_ count: UInt64) throws(ImportError) {
    try check(count)
    offset += count
  }

  private func check(_ count: UInt64) throws(ImportError) {
    guard count <= remaining else { throw .truncated(offset: end, what: what) }
  }
}
