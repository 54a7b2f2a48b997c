/// Bytes that grow and are used again for the next block, so that a steady recording allocates nothing.
///
/// Sixteen bytes behind the last one may be read (their values mean nothing): bit unpacking reads whole words.
struct ByteBuffer: ~Copyable {
  private(set) var start: UnsafeMutableRawPointer
  private(set) var count = 0
  private var capacity: Int
  private static let slack = 16

  init(capacity: Int = 1024) {
    self.capacity = capacity
    start = .allocate(byteCount: capacity + Self.slack, alignment: 64)
    start.initializeMemory(as: UInt8.self, repeating: 0, count: capacity + Self.slack)
  }

  deinit { start.deallocate() }

  /// What was appended. Valid until the next change.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

  mutating func removeAll() { count = 0 }

  /// Appends `length` bytes for the caller to fill at once; they hold anything before.
  mutating func extend(by length: Int) -> UnsafeMutableRawPointer {
    if count + length > capacity { grow(to: count + length) }
    defer { count += length }
    return start + count
  }

  /// Drops the last bytes, down to `length`.
  mutating func truncate(to length: Int) {
    precondition(length <= count)
    count = length
  }

  private mutating func grow(to needed: Int) {
    let larger = max(needed, capacity * 2)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: larger + Self.slack, alignment: 64)
    memory.copyMemory(from: start, byteCount: count)
    (memory + count).initializeMemory(as: UInt8.self, repeating: 0, count: larger + Self.slack - count)
    start.deallocate()
    start = memory
    capacity = larger
  }

  mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
    extend(by: MemoryLayout<Value>.size).storeBytes(of: value.littleEndian, as: Value.self)
  }

  mutating func append(contentsOf bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    extend(by: bytes.count).copyMemory(from: source, byteCount: bytes.count)
  }

  /// Appends a LEB128 number, at most ten bytes.
  mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}
