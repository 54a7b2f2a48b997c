internal import SortieTrace

/// The texts that describe a kernel's events, as `perf record` and trace-cmd keep them beside the events: what tracefs's
/// `events` directory held.
///
/// Sources: trace-cmd.dat.v6(5), trace-cmd.dat.v7(5); util/trace-event-info.c of perf, whose tracing data is the head of
/// a trace.dat.
struct RecordedLayouts {
  /// What reads sub-buffers; nil where no text says.
  private(set) var page: RingBufferLayout?
  /// The events of those that sortie reads.
  private(set) var layouts: [EventLayout] = []
  /// Their texts.
  private(set) var formats: [EventFormatRow] = []
  /// Threads' names by their ids, from `saved_cmdlines`.
  private(set) var names: [UInt32: String] = [:]

  private static let wanted = Dictionary(uniqueKeysWithValues: KernelEvent.all.map { ($0.name, $0) })
  /// Names kept (`saved_cmdlines_size` is 128 by default).
  private static let mostNames = 1 << 16
  /// Bytes of `saved_cmdlines` read.
  private static let longestNames: UInt64 = 1 << 22

  /// Reads `header_page` and `header_event`, each behind its name.
  ///
  /// - Throws: ``ImportError``.
  mutating func readPageHeaders(_ cursor: inout InputCursor) throws(ImportError) {
    try expect("header_page", &cursor)
    let text = try sizedText(&cursor)
    do throws(EventFormatError) { page = try RingBufferLayout(text) } catch {
      throw cursor.malformed("header_page: \(error)")
    }
    try expect("header_event", &cursor)
    try cursor.skip(try cursor.integer(UInt64.self))
  }

  private func expect(_ name: String, _ cursor: inout InputCursor) throws(ImportError) {
    let found = try cursor.name()
    guard found == name else { throw cursor.malformed("\"\(found.prefix(40))\" stands where \(name) should") }
  }

  private func sizedText(_ cursor: inout InputCursor) throws(ImportError) -> String {
    let bytes = try cursor.bytes(try cursor.integer(UInt64.self), limit: UInt64(EventFormat.longestText))
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Passes over the formats of ftrace's own events.
  ///
  /// - Throws: ``ImportError``.
  func skipTracerFormats(_ cursor: inout InputCursor) throws(ImportError) {
    for _ in 0..<(try cursor.integer(UInt32.self)) { try cursor.skip(try cursor.integer(UInt64.self)) }
  }

  /// Reads the formats of all systems' events and keeps those that are wanted.
  ///
  /// - Throws: ``ImportError``.
  mutating func readFormats(_ cursor: inout InputCursor) throws(ImportError) {
    for _ in 0..<(try cursor.integer(UInt32.self)) {
      let system = try cursor.name()
      for _ in 0..<(try cursor.integer(UInt32.self)) {
        let size = try cursor.integer(UInt64.self)
        let isWanted = Self.wanted["\(system)/\(Self.eventName(try cursor.prefix(min(size, 128))))"]
        guard let event = isWanted, size <= UInt64(EventFormat.longestText) else {
          try cursor.skip(size)
          continue
        }
        let bytes = try cursor.bytes(size, limit: UInt64(EventFormat.longestText))
        let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        guard !formats.contains(where: { $0.name == event.name }) else { continue }
        do throws(EventFormatError) {
          let format = try EventFormat(text)
          let row = event.isScheduler ? KernelRows.scheduler : KernelRows.kernel
          layouts.append(EventLayout(event, format, row: row))
          formats.append(EventFormatRow(event: UInt64(format.id), name: event.name, format: text))
        } catch {
          throw cursor.malformed("the format of \(event.name): \(error)")
        }
      }
    }
  }

  /// The event's name in the beginning of its format, `name: kvm_exit`.
  private static func eventName(_ bytes: [UInt8]) -> String {
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    return String(decoding: line.dropFirst(6), as: UTF8.self)
  }

  /// Passes over a part whose size is a number of 32 bits: kernel symbols, the formats of `trace_printk`.
  ///
  /// - Throws: ``ImportError``.
  func skipSized(_ cursor: inout InputCursor) throws(ImportError) {
    try cursor.skip(UInt64(try cursor.integer(UInt32.self)))
  }

  /// Reads `saved_cmdlines`: lines of a thread's id and name.
  ///
  /// - Throws: ``ImportError``.
  mutating func readNames(_ cursor: inout InputCursor) throws(ImportError) {
    let bytes = try cursor.bytes(try cursor.integer(UInt64.self), limit: Self.longestNames)
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let text = String(decoding: line.prefix { $0 != 0 }, as: UTF8.self)
      guard names.count < Self.mostNames, let space = text.firstIndex(of: " "),
        let id = UInt32(text[..<space])
      else { continue }
      names[id] = String(text[text.index(after: space)...])
    }
  }
}
