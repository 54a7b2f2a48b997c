/// A perf.data file with KVM's tracepoints, of `perf record` or `perf kvm stat record`.
///
/// The raw data of a tracepoint's sample is the record that the kernel's own ring buffer would hold, and the file keeps
/// the `format` texts, so that events are read as those of tracefs are.
final class PerfRecording: ImportedRecording {
  private let input: ImportInput
  private let header: PerfHeader
  private var attributes: [PerfAttribute]
  private(set) var layouts = RecordedLayouts()
  private(set) var host: [String: String] = [:]
  private(set) var notes: [String] = []
  private var isCompressed = false
  /// How the samples of tracepoints are laid out.
  private var layout: PerfAttribute?
  /// Counters of tracepoints; nil: all counters are.
  private var tracepoints: Set<UInt64>?

  /// Longest text of the header that is read.
  private static let longestText: UInt64 = 1024
  /// A recording's head before its event formats, in a pipe: so many records.
  private static let mostHeadRecords = 1 << 16

  /// Opens the recording in `input`.
  ///
  /// - Throws: ``ImportError``.
  init(_ input: ImportInput) throws(ImportError) {
    self.input = input
    header = try PerfHeader(input)
    attributes = header.attributes
    if header.isPipe { try readPipeHead() } else { try readFeatures() }
    try check()
  }

  var kind: String {
    "perf.data" + (header.isPipe ? " of a pipe" : "") + (isCompressed ? ", compressed with zstd" : "")
  }

  var clock: ImportClock {
    // <time.h> of Linux.
    switch layout?.clock {
    case 1?: .monotonic
    case nil: .nanoseconds("perf's own clock (the scheduler's), ns")
    case 0?: .nanoseconds("CLOCK_REALTIME, ns")
    case 4?: .nanoseconds("CLOCK_MONOTONIC_RAW, ns")
    case 7?: .nanoseconds("CLOCK_BOOTTIME, ns")
    case 11?: .nanoseconds("CLOCK_TAI, ns")
    case let number?: .nanoseconds("clock \(number), ns")
    }
  }

  var enabledEvents: Set<UInt64>? { Set(attributes.filter(\.isTracepoint).map(\.event)) }

  private func check() throws(ImportError) {
    guard let first = attributes.first(where: \.isTracepoint) else {
      throw .refused("no tracepoint was recorded in it: \(ImportFormats.advice)")
    }
    guard attributes.allSatisfy({ !$0.isTracepoint || $0.clock == first.clock }) else {
      throw .refused("its events are on several clocks: record them with one clock (-k)")
    }
    let needed =
      PerfSample.Field.raw | PerfSample.Field.time | PerfSample.Field.tid | PerfSample.Field.cpu
    guard first.sampleType & needed == needed else {
      throw .refused(
        "its samples lack the raw data, the time, the thread or the CPU: record with -R, -T and --sample-cpu")
    }
    guard
      attributes.allSatisfy({
        $0.isTracepoint
          ? $0.sampleType == first.sampleType && $0.readFormat == first.readFormat
          : first.sampleType & PerfSample.Field.identifier != 0
            || $0.sampleType & PerfSample.Field.raw == first.sampleType & PerfSample.Field.raw
      })
    else { throw .refused("its events have samples of several layouts: record the kvm events alone") }
    layout = first
    // Samples of other counters are laid out otherwise.
    if first.sampleType & PerfSample.Field.identifier != 0, !attributes.allSatisfy(\.isTracepoint) {
      tracepoints = attributes.reduce(into: Set()) { if $1.isTracepoint { $0.formUnion($1.ids) } }
    }
  }

  private func readFeatures() throws(ImportError) {
    guard let section = header.features[.tracingData] else {
      throw .refused(
        header.lacksFeatures
          ? "the file is cut off before the descriptions of its events, which stand at its end: nothing can be read of it"
          : header.data.size == 0
            ? "perf did not finish the file: end perf with Ctrl-C, so that it adds the descriptions of its events"
            : "the file describes no events: \(ImportFormats.advice)")
    }
    try readTracingData(at: section.offset, size: section.size)
    let texts: [(PerfHeader.Feature, String)] = [
      (.hostname, "hostname"), (.release, "kernel"), (.processor, "cpu_model"),
    ]
    for (feature, key) in texts {
      guard let section = header.features[feature],
        var cursor = try? InputCursor(input, at: section.offset, count: section.size, what: "its header")
      else { continue }
      host[key] = try? Self.text(&cursor)
    }
    isCompressed = header.features[.compressed] != nil
  }

  private static func text(_ cursor: inout InputCursor) throws(ImportError) -> String {
    let bytes = try cursor.bytes(UInt64(try cursor.integer(UInt32.self)), limit: longestText)
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The head of a trace.dat of version 0.6, as perf keeps it.
  private func readTracingData(at offset: UInt64, size: UInt64) throws(ImportError) {
    var cursor = try InputCursor(input, at: offset, count: size, what: "the descriptions of its events")
    guard try cursor.bytes(10, limit: 10) == TraceDatFile.magic else {
      throw cursor.malformed("they do not begin as such do")
    }
    _ = try cursor.name()
    guard try cursor.integer(UInt8.self) == 0 else { throw cursor.malformed("of a big-endian machine") }
    try cursor.skip(5)
    try layouts.readPageHeaders(&cursor)
    try layouts.skipTracerFormats(&cursor)
    try layouts.readFormats(&cursor)
  }

  /// What stands before the events in a pipe: the attributes, and the descriptions of the events.
  private func readPipeHead() throws(ImportError) {
    let reader = PerfRecordReader(input, header.data)
    var records = 0
    try reader.forEach { (record) throws(ImportError) in
      records += 1
      switch record.kind {
      case PerfRecordReader.Kind.attribute:
        if let attribute = Self.attribute(record.body) { attributes.append(attribute) }
      case PerfRecordReader.Kind.tracingData:
        guard record.body.count >= 4 else { return false }
        let size = UInt32(littleEndian: record.body.loadUnaligned(as: UInt32.self))
        try readTracingData(at: record.offset + 8 + UInt64(record.body.count), size: UInt64(size))
      case PerfRecordReader.Kind.feature: readFeature(record.body)
      case PerfRecordReader.Kind.sample: return false
      default: break
      }
      return records < Self.mostHeadRecords
    }
    guard !layouts.layouts.isEmpty || !attributes.isEmpty else {
      throw .refused("the file ends before any event is described in it")
    }
  }

  /// `struct perf_record_header_attr`: an attribute of the size that it gives, and the numbers of its counters.
  private static func attribute(_ body: UnsafeRawBufferPointer) -> PerfAttribute? {
    guard body.count >= 8 else { return nil }
    let size = UInt32(littleEndian: body.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    guard size <= PerfAttribute.largestSize, size & 7 == 0, Int(size) <= body.count,
      var attribute = PerfAttribute(Array(body[..<Int(size)]))
    else { return nil }
    for offset in stride(from: Int(size), through: body.count - 8, by: 8) {
      attribute.ids.insert(UInt64(littleEndian: body.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
    }
    return attribute
  }

  /// `struct perf_record_header_feature`: the number, and what a file has in the part of that number.
  private func readFeature(_ body: UnsafeRawBufferPointer) {
    guard body.count >= 12 else { return }
    let keys: [UInt64: String] = [3: "hostname", 4: "kernel", 8: "cpu_model"]
    let number = UInt64(littleEndian: body.loadUnaligned(as: UInt64.self))
    let length = UInt32(littleEndian: body.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
    guard let key = keys[number], length <= Self.longestText, Int(length) <= body.count - 12 else { return }
    host[key] = String(decoding: body[12..<12 + Int(length)].prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Goes through the samples, those of a CPU in order of time as far as the rounds of perf allow.
  ///
  /// - Throws: what `visitor` throws, ``ImportError/read(path:offset:_:)``.
  func visit(_ visitor: any ImportVisitor) throws(ImportError) {
    guard let attribute = layout else { return }
    let reader = PerfRecordReader(input, header.data)
    let order = RoundOrder(visitor)
    var unreadable: UInt64 = 0
    var lost: (told: UInt64, counted: UInt64) = (0, 0)
    try reader.forEach { (record) throws(ImportError) in
      switch record.kind {
      case PerfRecordReader.Kind.sample:
        if let tracepoints, !Self.isOf(tracepoints, record.body) { break }
        guard let sample = PerfSample(record.body, attribute), let time = sample.time, let cpu = sample.cpu,
          let raw = sample.raw
        else {
          unreadable += 1
          break
        }
        try order.take(ImportedEvent(cpu: cpu, time: time, process: sample.process, record: raw))
      case PerfRecordReader.Kind.lost: lost.told &+= try lose(record, attribute, order)
      case PerfRecordReader.Kind.lostSamples where record.body.count >= 8:
        lost.counted &+= UInt64(littleEndian: record.body.loadUnaligned(as: UInt64.self))
      case PerfRecordReader.Kind.comm: Self.name(record.body, visitor)
      case PerfRecordReader.Kind.finishedRound: try order.endRound()
      default: break
      }
      return true
    }
    try order.finish()
    // What the counters say at the end holds what was told on the way, and what came to be lost after that.
    if lost.counted > lost.told {
      try visitor.lose(cpu: 0, count: lost.counted - lost.told, cause: .overrun, fromStart: true)
    }
    isCompressed = isCompressed || reader.isCompressed
    notes = []
    if let problem = reader.problem {
      let left = header.data.offset.addingReportingOverflow(header.data.size).partialValue
      let missing = max(left, input.size) - min(reader.position, max(left, input.size))
      notes.append(
        "the file \(problem) at byte \(reader.position): what follows, \(missing) bytes, is missing in the trace"
      )
    } else if !header.isPipe, header.data.size > input.size - min(header.data.offset, input.size) {
      notes.append(
        "the file is cut off: \(header.data.size - (input.size - header.data.offset)) bytes of its events are missing"
      )
    }
    if order.repeated > 0 {
      notes.append("\(order.repeated) samples stand in it twice, as perf -z writes some: they are taken once")
    }
    if unreadable > 0 { notes.append("\(unreadable) samples cannot be read and are missing in the trace") }
  }

  /// Whether a sample that begins with its counter's number is of one of `tracepoints`.
  private static func isOf(_ tracepoints: Set<UInt64>, _ body: UnsafeRawBufferPointer) -> Bool {
    body.count >= 8 && tracepoints.contains(UInt64(littleEndian: body.loadUnaligned(as: UInt64.self)))
  }

  /// `PERF_RECORD_LOST`: a counter and how many of any counter were lost; the latter.
  private func lose(
    _ record: PerfRecordReader.Record, _ attribute: PerfAttribute, _ order: RoundOrder
  ) throws(ImportError) -> UInt64 {
    guard record.body.count >= 16 else { return 0 }
    let count = UInt64(littleEndian: record.body.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    let sample = PerfSample(trailerOf: record.body, attribute)
    try order.lose(cpu: sample?.cpu ?? 0, count: count)
    return count
  }

  /// `PERF_RECORD_COMM`: process, thread, name.
  private static func name(_ body: UnsafeRawBufferPointer, _ visitor: any ImportVisitor) {
    guard body.count > 8 else { return }
    visitor.name(
      thread: UInt32(littleEndian: body.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
      process: UInt32(littleEndian: body.loadUnaligned(as: UInt32.self)),
      String(decoding: body[8...].prefix(16).prefix { $0 != 0 }, as: UTF8.self))
  }
}
