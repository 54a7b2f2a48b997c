/// Who, when and where of a record, and a sample's raw data (include/uapi/linux/perf_event.h, `PERF_RECORD_SAMPLE` and
/// `struct sample_id`).
struct PerfSample {
  /// `PERF_SAMPLE_*`.
  enum Field {
    static let ip: UInt64 = 1 << 0
    static let tid: UInt64 = 1 << 1
    static let time: UInt64 = 1 << 2
    static let address: UInt64 = 1 << 3
    static let read: UInt64 = 1 << 4
    static let callchain: UInt64 = 1 << 5
    static let id: UInt64 = 1 << 6
    static let cpu: UInt64 = 1 << 7
    static let period: UInt64 = 1 << 8
    static let streamID: UInt64 = 1 << 9
    static let raw: UInt64 = 1 << 10
    static let identifier: UInt64 = 1 << 16
  }

  /// The counter's number.
  private(set) var identifier: UInt64?
  private(set) var process: UInt32?
  private(set) var thread: UInt32?
  private(set) var time: UInt64?
  private(set) var cpu: UInt32?
  /// The kernel's record of a tracepoint.
  private(set) var raw: UnsafeRawBufferPointer?

  /// Most counters of a group in a sample, and addresses of a call chain.
  private static let mostValues: UInt64 = 1 << 13

  /// The sample in a record's `body`, behind its header; nil where it ends too early.
  init?(_ body: UnsafeRawBufferPointer, _ attribute: PerfAttribute) {
    let type = attribute.sampleType
    var reader = Reader(bytes: body)
    if type & Field.identifier != 0 {
      guard let identifier = reader.next(UInt64.self) else { return nil }
      self.identifier = identifier
    }
    if type & Field.ip != 0 { guard reader.skip(8) else { return nil } }
    if type & Field.tid != 0 {
      guard let process = reader.next(UInt32.self), let thread = reader.next(UInt32.self) else { return nil }
      (self.process, self.thread) = (process, thread)
    }
    if type & Field.time != 0 {
      guard let time = reader.next(UInt64.self) else { return nil }
      self.time = time
    }
    for field in [Field.address, Field.id, Field.streamID] where type & field != 0 {
      guard reader.skip(8) else { return nil }
    }
    if type & Field.cpu != 0 {
      guard let cpu = reader.next(UInt32.self), reader.skip(4) else { return nil }
      self.cpu = cpu
    }
    if type & Field.period != 0 { guard reader.skip(8) else { return nil } }
    if type & Field.read != 0 {
      guard Self.skipValues(&reader, attribute.readFormat) else { return nil }
    }
    if type & Field.callchain != 0 {
      guard let count = reader.next(UInt64.self), count <= Self.mostValues, reader.skip(Int(count) * 8) else {
        return nil
      }
    }
    if type & Field.raw != 0 {
      guard let size = reader.next(UInt32.self), let bytes = reader.take(Int(size)) else { return nil }
      raw = bytes
    }
  }

  /// Passes over a counter's value, or those of its group: `PERF_FORMAT_*`.
  private static func skipValues(_ reader: inout Reader, _ format: UInt64) -> Bool {
    let (times, id, group, lost) = (format & 3, format >> 2 & 1, format >> 3 & 1, format >> 4 & 1)
    let words = (times & 1) + (times >> 1)
    guard group == 1 else { return reader.skip(Int(1 + words + id + lost) * 8) }
    guard let count = reader.next(UInt64.self), count <= mostValues else { return false }
    return reader.skip(Int(words + count * (1 + id + lost)) * 8)
  }

  /// Who, when and where at the end of another record's `body`; nil where there is no room for it.
  init?(trailerOf body: UnsafeRawBufferPointer, _ attribute: PerfAttribute) {
    let type = attribute.sampleType
    let fields = [Field.tid, Field.time, Field.id, Field.streamID, Field.cpu, Field.identifier]
    let size = fields.count { type & $0 != 0 } * 8
    guard attribute.hasSampleID, size <= body.count else { return nil }
    var reader = Reader(bytes: UnsafeRawBufferPointer(rebasing: body[(body.count - size)...]))
    if type & Field.tid != 0 {
      process = reader.next(UInt32.self)
      thread = reader.next(UInt32.self)
    }
    if type & Field.time != 0 { time = reader.next(UInt64.self) }
    for field in [Field.id, Field.streamID] where type & field != 0 { _ = reader.skip(8) }
    if type & Field.cpu != 0 { cpu = reader.next(UInt32.self) }
  }

  /// Steps through bytes, checked.
  private struct Reader {
    let bytes: UnsafeRawBufferPointer
    var offset = 0

    mutating func next<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) -> Value? {
      guard let bytes = take(MemoryLayout<Value>.size) else { return nil }
      return Value(littleEndian: bytes.loadUnaligned(as: Value.self))
    }

    mutating func skip(_ count: Int) -> Bool { take(count) != nil }

    mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
      guard count >= 0, count <= bytes.count - offset else { return nil }
      defer { offset += count }
      return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }
  }
}
