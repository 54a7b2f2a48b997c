internal import Glibc
internal import SystemPackage

/// Keeps a trace file within so many bytes: all its tables, and the last of its events.
///
/// When the file is half full its successor is begun beside it, with all tables so far and whatever the file gets from then
/// on; when it is full, the successor takes its name. So the name is that of a readable trace at any moment, no block waits
/// for others to be copied, and between a half and the whole of the size is there. What the successor lacks stands in it as
/// losses with a cause of their own.
final class TraceSuccession {
  /// Events of a stream so far, in whatever file.
  private struct Written {
    var range: ClosedRange<UInt64>?
    var rows: UInt64 = 0
  }

  private let mostBytes: UInt64
  private let path: String
  private let nextPath: String
  private let header: TraceHeader
  private var encoder: BlockEncoder
  private var written: [UInt32: Written] = [:]
  private var next: TraceOutput?
  private var nextLedger = BlockLedger()
  private var nextEvents: UInt64 = 0
  /// Where the block that says what is left out stands, in the file and in its successor: the one after has its own.
  private var account: UInt64?
  private var nextAccount: UInt64?

  /// What a file is succeeded by.
  struct Heir: ~Copyable {
    var output: TraceOutput
    var ledger: BlockLedger
    /// Events in whole blocks.
    var events: UInt64

    consuming func takeOutput() -> TraceOutput { output }
  }

  /// Throws ``TraceError/open(path:_:)`` where there can be no file beside the one at `path`.
  init(path: String, header: TraceHeader, mostBytes: UInt64) throws(TraceError) {
    self.mostBytes = mostBytes
    // The name may be a link: what it leads to is replaced, and not the link.
    self.path =
      realpath(path, nil).map { name in
        defer { free(name) }
        return String(cString: name)
      } ?? path
    nextPath = self.path + ".next"
    self.header = header
    encoder = try BlockEncoder()
    var status = stat()
    guard stat(self.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .open(path: path, .invalidArgument)
    }
    let tried = try create()
    unlink(nextPath)
    try? tried.close()
  }

  deinit { abandon() }

  /// Whether a block of so many bytes has no room in the file any more.
  func isFull(_ output: borrowing TraceOutput, _ ledger: BlockLedger, adding bytes: Int) -> Bool {
    output.end + UInt64(bytes) + ledger.footerBytes > mostBytes
  }

  /// Lets the successor take the file's name. Throws ``TraceError/write(path:offset:_:)``.
  func succeed(_ output: borrowing TraceOutput, _ ledger: BlockLedger) throws(TraceError) -> Heir {
    if next == nil { try begin(output, ledger) }
    guard let heir = next.take(), rename(nextPath, path) == 0 else {
      throw .write(path: path, offset: output.end, Errno(rawValue: errno))
    }
    account = nextAccount
    return Heir(output: heir, ledger: nextLedger, events: nextEvents)
  }

  /// A block was put into the file, whose bytes may be changed from now on.
  func note(
    _ block: UnsafeMutableRawBufferPointer, _ entry: BlockLedger.Entry, in output: borrowing TraceOutput,
    _ ledger: BlockLedger
  ) throws(TraceError) {
    if entry.type == .events {
      var events = written[entry.stream] ?? Written()
      events.rows += UInt64(entry.rows)
      if let range = entry.range {
        events.range =
          events.range.map { min($0.lowerBound, range.lowerBound)...max($0.upperBound, range.upperBound) }
          ?? range
      }
      written[entry.stream] = events
    }
    if next != nil {
      do throws(TraceError) { try append(block, entry) } catch {
        // The file itself has room still. What keeps the successor from being written will show when there is none.
        abandon()
      }
    } else if output.end + ledger.footerBytes >= mostBytes / 2 {
      try begin(output, ledger)
    }
  }

  /// Gives up the successor: the file is about to be finished.
  func abandon() {
    guard next.take() != nil else { return }
    unlink(nextPath)
  }

  private func create() throws(TraceError) -> FileDescriptor {
    try TraceFileWriter.create(FilePath(nextPath), isNew: false, canRead: true)
  }

  private func begin(_ output: borrowing TraceOutput, _ ledger: BlockLedger) throws(TraceError) {
    var bytes = ByteBuffer()
    header.append(to: &bytes)
    var fresh = TraceOutput(try create(), path: path)
    try fresh.append(bytes.bytes)
    next = consume fresh
    nextLedger = BlockLedger()
    nextEvents = 0
    for entry in ledger.entries where entry.type == .table && entry.offset != account {
      try output.read(at: entry.offset, Int(entry.length), into: &bytes)
      try append(UnsafeMutableRawBufferPointer(start: bytes.start, count: bytes.count), entry)
    }
    try writeAccount()
  }

  private func append(_ block: UnsafeMutableRawBufferPointer, _ entry: BlockLedger.Entry) throws(TraceError) {
    var entry = entry
    entry.offset = next?.end ?? 0
    let place = nextLedger.place(entry.type, entry.stream)
    BlockHeader.renumber(block, sequence: place.sequence, rowsBefore: place.rowsBefore)
    try next?.append(UnsafeRawBufferPointer(block))
    nextLedger.add(entry)
    if entry.type == .events { nextEvents += UInt64(entry.rows) }
  }

  /// Says what the successor lacks.
  private func writeAccount() throws(TraceError) {
    nextAccount = nil
    let losses = written.sorted { $0.key < $1.key }.map { stream, events in
      LossRow(
        stream: StreamID(rawValue: stream), firstTSC: events.range?.lowerBound ?? 0,
        lastTSC: events.range?.upperBound ?? 0, cause: .sizeLimit, count: events.rows)
    }
    guard !losses.isEmpty else { return }
    let table = UInt32(TableID.losses.rawValue)
    let set = LossRow.columnSet(of: losses)
    for range in set.blockRanges {
      let header = try encoder.encode(set.slice(range), nextLedger.place(.table, table))
      let entry = BlockLedger.Entry(
        offset: next?.end ?? 0, length: UInt64(encoder.block.count), type: .table, stream: table,
        rows: range.count, range: header.range, siteCounts: [])
      nextAccount = entry.offset
      try append(UnsafeMutableRawBufferPointer(start: encoder.block.start, count: encoder.block.count), entry)
    }
  }
}
