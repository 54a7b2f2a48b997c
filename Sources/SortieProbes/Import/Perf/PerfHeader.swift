/// The head of a perf.data file, and where its parts lie.
///
/// Source: tools/perf/Documentation/perf.data-file-format.txt.
struct PerfHeader {
  /// Numbers of the parts behind the events (`HEADER_*`).
  enum Feature: Int {
    case tracingData = 1
    case hostname = 3
    case release = 4
    case processor = 8
    case compressed = 27
  }

  /// A part of the file.
  struct Section: Equatable {
    var offset: UInt64
    var size: UInt64
  }

  /// It was written to a pipe: everything is a record.
  let isPipe: Bool
  /// How the samples are laid out; the file's own table, none of a pipe.
  private(set) var attributes: [PerfAttribute] = []
  /// The records.
  let data: Section
  /// Parts behind them, of those that are read.
  private(set) var features: [Feature: Section] = [:]
  /// The table of the parts is cut off.
  private(set) var lacksFeatures = false

  static let magic: [UInt8] = Array("PERFILE2".utf8)
  private static let swapped: [UInt8] = Array("2ELIFREP".utf8)
  private static let pipeSize: UInt64 = 16
  private static let fileSize: UInt64 = 104
  /// Most attributes: one an event.
  private static let mostAttributes: UInt64 = 1 << 14

  /// Whether `bytes`, of the start of a file, are of a perf.data.
  static func claims(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) || bytes.starts(with: swapped) }

  /// Reads the head of `input`.
  ///
  /// - Throws: ``ImportError``.
  init(_ input: ImportInput) throws(ImportError) {
    var cursor = try InputCursor(input, at: 0, what: "the header of perf.data")
    guard try cursor.bytes(8, limit: 8) == Self.magic else {
      throw .refused("the recording is of a big-endian machine: KVM's exits are known of x86-64 only")
    }
    let size = try cursor.integer(UInt64.self)
    guard size != Self.pipeSize else {
      isPipe = true
      data = Section(offset: size, size: input.size - min(size, input.size))
      return
    }
    guard size >= Self.fileSize, size <= input.size else {
      throw cursor.malformed("a header of \(size) bytes")
    }
    isPipe = false
    let attributeSize = try cursor.integer(UInt64.self)
    let attributes = try Self.section(&cursor)
    let data = try Self.section(&cursor)
    self.data = data
    try cursor.skip(16)
    var flags: [UInt64] = []
    for _ in 0..<4 { flags.append(try cursor.integer(UInt64.self)) }
    try readAttributes(input, attributes, size: attributeSize)
    try readFeatures(input, flags)
  }

  private static func section(_ cursor: inout InputCursor) throws(ImportError) -> Section {
    Section(offset: try cursor.integer(UInt64.self), size: try cursor.integer(UInt64.self))
  }

  private mutating func readAttributes(
    _ input: ImportInput, _ section: Section, size: UInt64
  ) throws(ImportError) {
    var cursor = try InputCursor(
      input, at: section.offset, count: section.size, what: "the events' attributes of perf.data")
    // Behind each attribute stands where the numbers of its counters are.
    guard (PerfAttribute.leastSize + 16...PerfAttribute.largestSize).contains(size),
      section.size / size <= Self.mostAttributes
    else { throw cursor.malformed("attributes of \(size) bytes, \(section.size) in all") }
    for _ in 0..<section.size / size {
      let bytes = try cursor.bytes(size, limit: PerfAttribute.largestSize)
      guard var attribute = PerfAttribute(Array(bytes.dropLast(16))) else { continue }
      var place = InputCursor(bytes: Array(bytes.suffix(16)), what: cursor.what)
      attribute.ids = try Self.ids(input, try Self.section(&place))
      attributes.append(attribute)
    }
  }

  private static func ids(_ input: ImportInput, _ section: Section) throws(ImportError) -> Set<UInt64> {
    var cursor = try InputCursor(
      input, at: section.offset, count: section.size, what: "the counters' numbers of perf.data")
    guard section.size / 8 <= UInt64(PerfAttribute.mostIDs) else {
      throw cursor.malformed("\(section.size / 8) of one event")
    }
    var ids: Set<UInt64> = []
    for _ in 0..<section.size / 8 { ids.insert(try cursor.integer(UInt64.self)) }
    return ids
  }

  private mutating func readFeatures(_ input: ImportInput, _ flags: [UInt64]) throws(ImportError) {
    let (start, isOver) = data.offset.addingReportingOverflow(data.size)
    guard !isOver, start <= input.size else {
      lacksFeatures = true
      return
    }
    var cursor = try InputCursor(input, at: start, what: "the parts of perf.data behind its events")
    for number in 0..<256 where flags[number / 64] >> UInt64(number % 64) & 1 == 1 {
      guard cursor.remaining >= 16 else {
        lacksFeatures = true
        return
      }
      let section = try Self.section(&cursor)
      if let feature = Feature(rawValue: number) { features[feature] = section }
    }
  }
}
