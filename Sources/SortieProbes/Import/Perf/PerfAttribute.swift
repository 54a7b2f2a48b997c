/// What a `struct perf_event_attr` says of how samples are laid out (include/uapi/linux/perf_event.h).
struct PerfAttribute: Equatable {
  /// `PERF_SAMPLE_*`: what a sample holds.
  let sampleType: UInt64
  /// `PERF_FORMAT_*`: what the counter's value in a sample is made of.
  let readFormat: UInt64
  /// It counts a tracepoint.
  let isTracepoint: Bool
  /// Of a tracepoint: the event's number.
  let event: UInt64
  /// Other records end with who, when and where too.
  let hasSampleID: Bool
  /// The clock of the times; nil: perf's own.
  let clock: Int32?
  /// The numbers of its counters, as samples name them.
  var ids: Set<UInt64> = []

  /// Fewest bytes: `PERF_ATTR_SIZE_VER0`.
  static let leastSize: UInt64 = 64
  /// Most bytes that are read.
  static let largestSize: UInt64 = 4096

  /// `PERF_TYPE_TRACEPOINT`.
  private static let tracepoint: UInt32 = 2
  private static let sampleIDAll: UInt64 = 1 << 18
  private static let useClockID: UInt64 = 1 << 25

  /// Counters of all attributes together that are looked at: one an event and CPU.
  static let mostIDs = 1 << 20

  /// Reads the attribute in `bytes`; nil where they are too few.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= Int(Self.leastSize) else { return nil }
    func load<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _: Value.Type) -> Value {
      bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
    }
    isTracepoint = load(0, UInt32.self) == Self.tracepoint
    event = load(8, UInt64.self)
    sampleType = load(24, UInt64.self)
    readFormat = load(32, UInt64.self)
    let flags = load(40, UInt64.self)
    hasSampleID = flags & Self.sampleIDAll != 0
    clock = flags & Self.useClockID != 0 && bytes.count >= 96 ? load(92, Int32.self) : nil
  }
}
