internal import SortieTrace

/// A trace.dat of trace-cmd: sub-buffers of the kernel's ring buffer, as they are.
final class TraceDatRecording: ImportedRecording {
  private let input: ImportInput
  private let file: TraceDatFile
  private let buffer: TraceDatFile.Buffer
  private let page: RingBufferLayout
  private(set) var notes: [String] = []
  let clock: ImportClock

  /// Bytes that a chunk of events decompresses to.
  private static let largestChunk: UInt32 = 1 << 26
  /// All chunks together may decompress to so many times the file; trace-cmd's own to some ten times.
  private static let mostGrowth: UInt64 = 2000
  private var decompressed: UInt64 = 0

  /// Opens the recording in `input`.
  ///
  /// - Throws: ``ImportError``.
  init(_ input: ImportInput) throws(ImportError) {
    self.input = input
    file = try TraceDatFile(input)
    guard let page = file.layouts.page else {
      throw .refused(
        file.isCutOff
          ? "the file is cut off before the list of its parts, which stands at its end: nothing can be read of it"
          : "the file does not say how its pages are laid out")
    }
    self.page = page
    let withEvents = file.buffers.filter { $0.cpus.contains { $0.size > 0 } }
    guard let buffer = withEvents.first else {
      throw .refused(
        file.isCutOff
          ? "the file is cut off before the list of its events, which stands at its end: nothing can be read of it"
          : "no event was recorded in it: \(ImportFormats.advice)")
    }
    let total = buffer.cpus.reduce(UInt64(0)) { sum, data in
      sum.addingSaturated(min(data.size, input.size - min(data.offset, input.size)))
    }
    guard total <= input.size else {
      throw .malformed(offset: 0, what: "the CPUs' parts of trace.dat overlap: \(total) bytes in all")
    }
    self.buffer = buffer
    clock = try Self.clock(buffer.clock, file.tscConversion)
    ignored = withEvents.dropFirst().map {
      $0.name.isEmpty ? "the kernel's own buffer" : "instance \($0.name)"
    }
  }

  private let ignored: [String]

  var kind: String {
    switch file.compression {
    case .none: "trace.dat, version \(file.version)"
    case .zstd: "trace.dat, version \(file.version), compressed with zstd"
    case .zlib: "trace.dat, version \(file.version), compressed with zlib"
    }
  }

  var layouts: RecordedLayouts { file.layouts }

  /// `uname` as trace-cmd puts it: system, name, release, machine.
  var host: [String: String] {
    guard let words = file.system?.split(separator: " "), words.count >= 3 else { return [:] }
    return ["hostname": String(words[1]), "kernel": String(words[2])]
  }

  /// Documentation/trace/ftrace.rst, "trace_clock".
  private static func clock(
    _ name: String, _ conversion: (multiplier: UInt32, shift: UInt32)?
  ) throws(ImportError) -> ImportClock {
    switch name {
    case "x86-tsc", "tsc2nsec":
      guard let conversion, conversion.multiplier > 0, conversion.shift < 44 else {
        return .tsc(kilohertz: nil)
      }
      return .tsc(kilohertz: 1_000_000 << UInt64(conversion.shift) / UInt64(conversion.multiplier))
    case "mono": return .monotonic
    case "local", "global", "perf", "mono_raw", "boot", "tai":
      return .nanoseconds("trace clock \(name), ns")
    default:
      throw .refused(
        "its clock, \(name), counts no time: record with trace-cmd record -C mono, or another clock of ns or cycles"
      )
    }
  }

  /// The file does not say.
  var enabledEvents: Set<UInt64>? { nil }

  /// Goes through the pages of each CPU.
  ///
  /// - Throws: what `visitor` throws, ``ImportError/read(path:offset:_:)``.
  func visit(_ visitor: any ImportVisitor) throws(ImportError) {
    notes = ignored.map { "\($0) holds events too, which are not imported" }
    decompressed = 0
    for (thread, name) in file.layouts.names { visitor.name(thread: thread, process: nil, name) }
    for data in buffer.cpus where data.size > 0 {
      if let count = file.dropped[data.cpu] {
        try visitor.lose(cpu: data.cpu, count: count, cause: .overrun, fromStart: true)
      }
      if let problem = try visit(data, visitor) { notes.append("CPU \(data.cpu): \(problem)") }
    }
  }

  /// Goes through the pages of a CPU; what ended that before the end.
  private func visit(
    _ data: TraceDatFile.CPUData, _ visitor: any ImportVisitor
  ) throws(ImportError) -> String? {
    guard data.offset < input.size else {
      return "all \(data.size) bytes of its events are cut off"
    }
    // The size of compressed events leaves out the count of their pieces.
    let size = data.size.addingSaturated(file.compression == .none ? 0 : 4)
    let there = min(size, input.size - data.offset)
    let cut = there < size ? "the file is cut off: \(size - there) bytes of its events are missing" : nil
    guard file.compression != .none else {
      let problem = try visitPages(data.cpu, at: data.offset, there, in: input, visitor)
      return cut.map { problem == nil ? $0 : "\($0), and \(problem ?? "")" } ?? problem
    }
    var cursor = try InputCursor(input, at: data.offset, count: there, what: "the events of CPU \(data.cpu)")
    let count: UInt32
    do throws(ImportError) { count = try cursor.integer(UInt32.self) } catch { return cut ?? "\(error)" }
    for _ in 0..<count {
      let bytes: [UInt8]
      do throws(ImportError) {
        bytes = try file.decompressed(&cursor, limit: Self.largestChunk)
      } catch {
        if case .read = error { throw error }
        return cut.map { "\($0), those of the last piece too" } ?? "\(error)"
      }
      decompressed += UInt64(bytes.count)
      guard decompressed / Self.mostGrowth <= input.size else {
        return "it decompresses to more than \(Self.mostGrowth) times the file"
      }
      let chunk = ImportInput(bytes: bytes, path: input.path)
      if let problem = try visitPages(data.cpu, at: 0, UInt64(bytes.count), in: chunk, visitor) {
        return problem
      }
    }
    return cut
  }

  private func visitPages(
    _ cpu: UInt32, at start: UInt64, _ size: UInt64, in input: ImportInput, _ visitor: any ImportVisitor
  ) throws(ImportError) -> String? {
    var offset = start
    let end = start + size
    while end - offset >= UInt64(page.pageSize) {
      let bytes = try input.bytes(at: offset, UInt64(page.pageSize), of: "a page") { Array($0) }
      try bytes.withBytes { (bytes) throws(ImportError) in try visitPage(cpu, bytes, visitor) }
      offset += UInt64(page.pageSize)
    }
    return offset < end ? "its last page is cut off, \(end - offset) bytes" : nil
  }

  private func visitPage(
    _ cpu: UInt32, _ bytes: UnsafeRawBufferPointer, _ visitor: any ImportVisitor
  ) throws(ImportError) {
    var unreadable = false
    var found: RingBufferPage?
    do throws(RingBufferError) { found = try RingBufferPage(bytes, layout: page) } catch { unreadable = true }
    if var page = found {
      switch page.loss {
      case .none: break
      case .events(let count):
        try visitor.lose(cpu: cpu, count: count, cause: .overrun, fromStart: false)
      case .unknown: try visitor.lose(cpu: cpu, count: nil, cause: .overrun, fromStart: false)
      }
      while true {
        var event: RingBufferPage.Event?
        do throws(RingBufferError) { event = try page.next() } catch {
          unreadable = true
          break
        }
        guard let event else { break }
        try visitor.take(ImportedEvent(cpu: cpu, time: event.tsc, process: nil, record: event.record))
      }
    }
    if unreadable { try visitor.lose(cpu: cpu, count: nil, cause: .unreadable, fromStart: false) }
  }
}
