/// What a trace.dat says before its events, and where those lie, of version 6 or 7.
///
/// Sources: trace-cmd.dat.v6(5), trace-cmd.dat.v7(5). The size of a section has 8 bytes, whatever the latter says.
struct TraceDatFile {
  /// The events of a CPU.
  struct CPUData: Equatable {
    var cpu: UInt32
    var offset: UInt64
    /// Bytes in the file.
    var size: UInt64
  }

  /// The events of a trace instance.
  struct Buffer {
    /// The instance; empty: the kernel's own buffer.
    var name: String
    /// `trace_clock`.
    var clock: String
    var cpus: [CPUData]
  }

  /// Numbers of options.
  private enum Option {
    static let done: UInt16 = 0
    static let cpuStatistics: UInt16 = 2
    static let buffer: UInt16 = 3
    static let clock: UInt16 = 4
    static let system: UInt16 = 5
    static let tscToNanoseconds: UInt16 = 14
    static let headers: UInt16 = 16
    static let formats: UInt16 = 18
    static let names: UInt16 = 21
  }

  /// The first bytes of the file.
  static let magic: [UInt8] = [0x17, 0x08, 0x44] + Array("tracing".utf8)
  /// Options, of all sections together.
  private static let mostOptions = 1 << 16
  /// Bytes of an option that is read.
  private static let largestOption: UInt64 = 1 << 20
  /// CPUs of a buffer (`NR_CPUS`).
  private static let mostCPUs: UInt32 = 8192
  private static let sectionHeader: UInt64 = 16
  /// Of the table in an option.
  private static let cpuEntry: UInt64 = 20
  /// Sections of options: two, and one more for an instance.
  private static let mostSections = 256
  /// Bytes that options decompress to.
  private static let largestOptions: UInt32 = 1 << 22

  let version: Int
  let compression: Decompression
  private(set) var layouts = RecordedLayouts()
  private(set) var buffers: [Buffer] = []
  /// `uname`.
  private(set) var system: String?
  /// Of `TSC2NSEC`: ns are cycles times the first number, shifted right by the second.
  private(set) var tscConversion: (multiplier: UInt32, shift: UInt32)?
  /// Events that the kernel did not store, by CPU.
  private(set) var dropped: [UInt32: UInt64] = [:]
  /// The list of the file's parts is cut off.
  private(set) var isCutOff = false
  private var clock: String?

  /// Whether `bytes`, of the start of a file, are of a trace.dat.
  static func claims(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

  /// Reads the head of `input`.
  ///
  /// - Throws: ``ImportError``.
  init(_ input: ImportInput) throws(ImportError) {
    var cursor = try InputCursor(input, at: 0, what: "the header of trace.dat")
    guard try cursor.bytes(10, limit: 10) == Self.magic else { throw cursor.malformed("no trace.dat") }
    let text = try cursor.name()
    guard let version = Int(text), (6...7).contains(version) else {
      throw .refused(
        "trace.dat of version \(text.prefix(16)): versions 6 and 7 are read; see trace-cmd convert")
    }
    self.version = version
    guard try cursor.integer(UInt8.self) == 0 else {
      throw .refused("the recording is of a big-endian machine: KVM's exits are known of x86-64 only")
    }
    // The size of a long, and of the machine's pages.
    try cursor.skip(5)
    if version == 6 {
      compression = .none
      try readVersion6(&cursor, input)
    } else {
      let name = try cursor.name()
      guard let compression = Decompression(name: name) else {
        throw .refused("trace.dat is compressed with \(name.prefix(32)): zstd and zlib are read")
      }
      self.compression = compression
      _ = try cursor.name()
      try readVersion7(input, firstOptions: try cursor.integer(UInt64.self))
    }
  }

  // Version 6: one part after the other.

  private mutating func readVersion6(_ cursor: inout InputCursor, _ input: ImportInput) throws(ImportError) {
    try layouts.readPageHeaders(&cursor)
    try layouts.skipTracerFormats(&cursor)
    try layouts.readFormats(&cursor)
    try layouts.skipSized(&cursor)
    try layouts.skipSized(&cursor)
    try layouts.readNames(&cursor)
    let cpus = try cursor.integer(UInt32.self)
    guard cpus <= Self.mostCPUs else { throw cursor.malformed("\(cpus) CPUs") }
    var others: [(name: String, offset: UInt64)] = []
    while true {
      let part = String(
        decoding: try cursor.bytes(10, limit: 10).prefix { $0 != 0 && $0 != 0x20 }, as: UTF8.self)
      switch part {
      case "options": others += try readOptions6(&cursor)
      case "flyrecord":
        buffers.append(
          Buffer(name: "", clock: clock ?? "local", cpus: try Self.cpuTable(&cursor, cpus)))
        for other in others {
          var cursor = try InputCursor(input, at: other.offset, what: "an instance of trace.dat")
          guard try cursor.bytes(10, limit: 10).starts(with: Array("flyrecord".utf8)) else { continue }
          buffers.append(
            Buffer(name: other.name, clock: clock ?? "local", cpus: try Self.cpuTable(&cursor, cpus)))
        }
        return
      case "latency":
        throw .refused("trace.dat holds text (a latency tracer's), no events: \(ImportFormats.advice)")
      default: throw cursor.malformed("\"\(part)\" is no part of a trace.dat")
      }
    }
  }

  private static func cpuTable(_ cursor: inout InputCursor, _ cpus: UInt32) throws(ImportError) -> [CPUData] {
    var table: [CPUData] = []
    for cpu in 0..<cpus {
      table.append(
        CPUData(
          cpu: cpu, offset: try cursor.integer(UInt64.self), size: try cursor.integer(UInt64.self)))
    }
    return table
  }

  private mutating func readOptions6(
    _ cursor: inout InputCursor
  ) throws(ImportError) -> [(name: String, offset: UInt64)] {
    var others: [(name: String, offset: UInt64)] = []
    for _ in 0..<Self.mostOptions {
      let number = try cursor.integer(UInt16.self)
      guard number != Option.done else { return others }
      let size = UInt64(try cursor.integer(UInt32.self))
      guard size <= Self.largestOption else {
        try cursor.skip(size)
        continue
      }
      var option = InputCursor(
        bytes: try cursor.bytes(size, limit: Self.largestOption), what: "an option of trace.dat")
      if number == Option.buffer {
        let offset = try option.integer(UInt64.self)
        others.append((try option.name(), offset))
      } else {
        try take(number, &option)
      }
    }
    throw cursor.malformed("more than \(Self.mostOptions) options")
  }

  /// What both versions have alike.
  private mutating func take(_ number: UInt16, _ option: inout InputCursor) throws(ImportError) {
    switch number {
    case Option.clock: clock = Self.selectedClock(try Self.text(&option))
    case Option.system: system = try Self.text(&option)
    case Option.cpuStatistics: takeStatistics(try Self.text(&option))
    case Option.tscToNanoseconds:
      tscConversion = (try option.integer(UInt32.self), try option.integer(UInt32.self))
    default: break
    }
  }

  private static func text(_ option: inout InputCursor) throws(ImportError) -> String {
    let bytes = try option.bytes(option.remaining, limit: largestOption)
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The clock in brackets of `trace_clock`; where there are none, it is alone.
  private static func selectedClock(_ text: String) -> String {
    guard let open = text.firstIndex(of: "["), let close = text[open...].firstIndex(of: "]") else {
      return String(text.filter { !$0.isWhitespace }.prefix(32))
    }
    return String(text[text.index(after: open)..<close].prefix(32))
  }

  /// `per_cpu/cpuN/stats`: events that never got into the buffer. Those overwritten there, the pages tell.
  private mutating func takeStatistics(_ text: String) {
    var numbers: [Substring: UInt64] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      numbers[parts[0]] = UInt64(parts[1].filter { $0 != " " })
    }
    guard let cpu = numbers["CPU"].flatMap(UInt32.init(exactly:)) else { return }
    let (sum, isOver) = (numbers["commit overrun"] ?? 0).addingReportingOverflow(
      numbers["dropped events"] ?? 0)
    if sum > 0 { dropped[cpu] = isOver ? .max : sum }
  }

  // Version 7: options tell where the parts are.

  private mutating func readVersion7(_ input: ImportInput, firstOptions: UInt64) throws(ImportError) {
    var next = firstOptions
    var parts: [UInt16: UInt64] = [:]
    var left = Self.mostOptions
    var sections = 0
    while next != 0 {
      sections += 1
      guard sections <= Self.mostSections else {
        throw .malformed(offset: next, what: "more than \(Self.mostSections) sections of options")
      }
      let found = try section(input, at: next, "the options of trace.dat", limit: Self.largestOptions)
      guard let section = found else {
        isCutOff = true
        break
      }
      next = try readOptions7(section, &parts, &left)
    }
    let wanted: [(UInt16, String)] = [
      (Option.headers, "the page's layout"), (Option.formats, "the descriptions of the events"),
      (Option.names, "the threads' names"),
    ]
    for (number, what) in wanted {
      guard let offset = parts[number],
        var cursor = try section(input, at: offset, what, limit: Decompression.largest)
      else { continue }
      switch number {
      case Option.headers: try layouts.readPageHeaders(&cursor)
      case Option.formats: try layouts.readFormats(&cursor)
      default: try layouts.readNames(&cursor)
      }
    }
  }

  /// The section at `offset`, decompressed; nil where the file ends before.
  private func section(
    _ input: ImportInput, at offset: UInt64, _ what: String, limit: UInt32
  ) throws(ImportError) -> InputCursor? {
    guard offset <= input.size, input.size - offset >= Self.sectionHeader else { return nil }
    var cursor = try InputCursor(input, at: offset, what: what)
    _ = try cursor.integer(UInt16.self)
    let flags = try cursor.integer(UInt16.self)
    try cursor.skip(4)
    let size = try cursor.integer(UInt64.self)
    guard size <= cursor.remaining else { return nil }
    let content = try InputCursor(input, at: cursor.offset, count: size, what: what)
    guard flags & 1 != 0 else { return content }
    var compressed = content
    return InputCursor(bytes: try decompressed(&compressed, limit: limit), what: what)
  }

  /// What a chunk holds: its size, the size that it decompresses to, and its bytes stand at the cursor.
  ///
  /// - Throws: ``ImportError``.
  func decompressed(_ cursor: inout InputCursor, limit: UInt32) throws(ImportError) -> [UInt8] {
    let (size, length) = (try cursor.integer(UInt32.self), try cursor.integer(UInt32.self))
    guard length <= limit else {
      throw cursor.malformed("\(length) bytes in one piece, at most \(limit) are read")
    }
    let bytes = try cursor.bytes(UInt64(size), limit: UInt64(Decompression.largest))
    guard let output = bytes.withUnsafeBytes({ compression.decompressed($0, size: length) }) else {
      throw cursor.malformed("what ends here does not decompress to \(length) bytes")
    }
    return output
  }

  /// Reads a section of options; where the next one is, 0 where there is none.
  private mutating func readOptions7(
    _ section: InputCursor, _ parts: inout [UInt16: UInt64], _ left: inout Int
  ) throws(ImportError) -> UInt64 {
    var cursor = section
    while cursor.remaining >= 6 {
      left -= 1
      guard left > 0 else { throw cursor.malformed("more than \(Self.mostOptions) options") }
      let number = try cursor.integer(UInt16.self)
      let size = UInt64(try cursor.integer(UInt32.self))
      guard size <= Self.largestOption else {
        try cursor.skip(size)
        continue
      }
      var option = InputCursor(
        bytes: try cursor.bytes(size, limit: Self.largestOption), what: "an option of trace.dat")
      switch number {
      case Option.done: return try option.integer(UInt64.self)
      case Option.headers, Option.formats, Option.names: parts[number] = try option.integer(UInt64.self)
      case Option.buffer: buffers.append(try Self.buffer(&option))
      default: try take(number, &option)
      }
    }
    return 0
  }

  private static func buffer(_ option: inout InputCursor) throws(ImportError) -> Buffer {
    try option.skip(8)
    var buffer = Buffer(name: try option.name(), clock: selectedClock(try option.name()), cpus: [])
    // trace-cmd 3 writes the size of a page before the count, which no manual says.
    if option.remaining % cpuEntry == 8 { try option.skip(4) }
    let count = try option.integer(UInt32.self)
    guard count <= mostCPUs else { throw option.malformed("\(count) CPUs") }
    for _ in 0..<count {
      buffer.cpus.append(
        CPUData(
          cpu: try option.integer(UInt32.self), offset: try option.integer(UInt64.self),
          size: try option.integer(UInt64.self)))
    }
    return buffer
  }
}
