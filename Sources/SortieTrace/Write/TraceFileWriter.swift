internal import Glibc
public import SystemPackage

/// Writes a trace file. One thread at a time uses it; ``TraceRecorder`` gives it a thread of its own.
///
/// Rows of `append(roundTrips:stream:)` and `append(guestSpans:stream:)` gather until a block is full (64 Ki rows) or
/// ``flush()`` is called. After an error in writing (disk full, quota, closed pipe) the file ends with its last whole
/// block and stays readable, every further call throws the same error, and ``finish()`` still tries to add the footer.
public struct TraceFileWriter: ~Copyable, @unchecked Sendable {
  // Unchecked: the classes inside are reachable from this one owner only.
  private var output: TraceOutput
  private var encoder: BlockEncoder
  private var ledger = BlockLedger()
  private var sites = SiteDictionary()
  private var roundTrips: [StreamID: PendingRows<RoundTripRecord>] = [:]
  private var guestSpans: [StreamID: PendingRows<GuestSpanRecord>] = [:]
  private var losses = PendingLosses()
  private var failure: TraceError?
  private var isEnding = false
  private let header: TraceHeader
  /// What keeps the file within a size; nil: it may grow.
  private var succession: TraceSuccession?

  /// Events in whole blocks of the file.
  public private(set) var eventsWritten: UInt64 = 0
  /// Bytes of the file, whole blocks only.
  public var bytesWritten: UInt64 { output.end }

  /// Creates the file at `path`, or empties it. Throws ``TraceError/open(path:_:)``, ``TraceError/write(path:offset:_:)``.
  ///
  /// `isNew`: nothing may stand at `path`, not even a link. `mostBytes`: the file does not grow beyond that; of the events, the last ones are kept, at least the half of it. It
  /// must be a regular file then, and while it is written a second one stands beside it, `.next` behind its name.
  public init(
    path: FilePath, identity: TraceIdentity, isNew: Bool = false, mostBytes: UInt64? = nil
  ) throws(TraceError) {
    try self.init(
      Self.create(path, isNew: isNew, canRead: mostBytes != nil), path: path.string, identity: identity,
      mostBytes: mostBytes)
  }

  /// Writes to `descriptor` from its current position, and closes it in the end. `path` stands in errors.
  public init(descriptor: FileDescriptor, path: String, identity: TraceIdentity) throws(TraceError) {
    try self.init(descriptor, path: path, identity: identity, mostBytes: nil)
  }

  private init(
    _ descriptor: FileDescriptor, path: String, identity: TraceIdentity, mostBytes: UInt64?
  ) throws(TraceError) {
    var output = TraceOutput(descriptor, path: path)
    let encoder = try BlockEncoder()
    let header = TraceHeader(identity: identity)
    var bytes = ByteBuffer()
    header.append(to: &bytes)
    try output.append(bytes.bytes)
    succession = try mostBytes.map { (most) throws(TraceError) in
      try TraceSuccession(path: path, header: header, mostBytes: most)
    }
    self.output = output
    self.encoder = encoder
    self.header = header
  }

  static func create(
    _ path: FilePath, isNew: Bool, canRead: Bool
  ) throws(TraceError) -> FileDescriptor {
    let options: FileDescriptor.OpenOptions = [.create, .closeOnExec]
    do {
      let file = try FileDescriptor.open(
        path, canRead ? .readWrite : .writeOnly,
        options: isNew ? options.union([.exclusiveCreate, .noFollow]) : options,
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      do { try take(file, path) } catch {
        try file.close()
        throw error
      }
      return file
    } catch let error as TraceError {
      throw error
    } catch {
      throw .open(path: path.string, error as? Errno ?? .ioError)
    }
  }

  /// Makes a file the writer's own, and empty: two would write into each other's blocks. Pipes and devices are as they are.
  private static func take(_ file: FileDescriptor, _ path: FilePath) throws {
    var (own, named) = (stat(), stat())
    guard fstat(file.rawValue, &own) == 0, own.st_mode & S_IFMT == S_IFREG else { return }
    guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      throw TraceError.inUse(path: path.string)
    }
    // Another one may have put its successor there between the opening and the lock.
    guard stat(path.string, &named) != 0 || (named.st_ino == own.st_ino && named.st_dev == own.st_dev) else {
      throw TraceError.inUse(path: path.string)
    }
    try file.resize(to: 0)
  }

  /// Adds returns of `KVM_RUN` to a `vmm` stream. Throws ``TraceError/write(path:offset:_:)``.
  public mutating func append(
    roundTrips records: UnsafeBufferPointer<RoundTripRecord>, stream: StreamID
  ) throws(TraceError) {
    let pending = roundTrips[stream] ?? PendingRows(capacity: TraceLimits.writtenRows)
    roundTrips[stream] = pending
    try append(records, to: pending, stream)
  }

  /// Adds operations the guest stamped to a `guest` stream. Throws ``TraceError/write(path:offset:_:)``.
  public mutating func append(
    guestSpans records: UnsafeBufferPointer<GuestSpanRecord>, stream: StreamID
  ) throws(TraceError) {
    let pending = guestSpans[stream] ?? PendingRows(capacity: TraceLimits.writtenRows)
    guestSpans[stream] = pending
    try append(records, to: pending, stream)
  }

  /// Writes events of any columns to `stream`, behind those appended before. A block is written at once: give many.
  /// Throws ``TraceError/invalidRows(_:)``, ``TraceError/write(path:offset:_:)``.
  public mutating func append(events: ColumnSet, stream: StreamID) throws(TraceError) {
    try events.check()
    guard events.count > 0 else { return }
    guard !isEnding else { return noteUnwritten(events.stampRange, events.count, stream) }
    do throws(TraceError) {
      if let failure { throw failure }
      if let pending = roundTrips[stream] { try write(pending, stream) }
      if let pending = guestSpans[stream] { try write(pending, stream) }
      losses.endRanges(of: stream)
    } catch {
      noteUnwritten(events.stampRange, events.count, stream)
      throw error
    }
    try writeBlocks(events, .events, stream.rawValue)
  }

  /// Writes rows of a table. Throws ``TraceError/invalidRows(_:)``, ``TraceError/write(path:offset:_:)``.
  public mutating func append(table: TableID, rows: ColumnSet) throws(TraceError) {
    if let failure, !isEnding { throw failure }
    try rows.check()
    guard rows.count > 0, !isEnding || table == .losses else { return }
    try writeBlocks(rows, .table, UInt32(table.rawValue))
  }

  /// Notes that events of `stream` between two stamps are missing; nil: nobody knows how many. Losses of one cause
  /// become one row where no event was appended between them, and are written with the next flush.
  public mutating func noteLoss(
    _ stream: StreamID, firstTSC: UInt64, lastTSC: UInt64, cause: LossCause, count: UInt64?
  ) {
    losses.add(stream, firstTSC...max(firstTSC, lastTSC), cause: cause, count: count)
  }

  /// After an error: what is appended from now on is counted as lost, and table rows are passed over, without another
  /// error being thrown, so that all that sources still hold is accounted for.
  mutating func endWithLosses() { isEnding = true }

  /// Writes what has gathered, in blocks that need not be full. Throws ``TraceError/write(path:offset:_:)``.
  public mutating func flush() throws(TraceError) {
    if let failure { throw failure }
    for stream in roundTrips.keys.sorted() {
      if let pending = roundTrips[stream] { try write(pending, stream) }
    }
    for stream in guestSpans.keys.sorted() {
      if let pending = guestSpans[stream] { try write(pending, stream) }
    }
    try writeLosses()
  }

  /// Writes the rest, the footer and the trailer, and closes the file. After an earlier error it still tries, so that
  /// a file on a full disk becomes whole where the footer fits, and then throws that error. Returns the bytes of the
  /// file.
  @discardableResult public consuming func finish() throws(TraceError) -> UInt64 {
    var failed = failure
    do throws(TraceError) {
      try flush()
    } catch {
      failed = error
      failure = nil
      for (stream, pending) in roundTrips { noteUnwritten(pending.records.stampRange, pending.count, stream) }
      for (stream, pending) in guestSpans { noteUnwritten(pending.records.stampRange, pending.count, stream) }
    }
    succession = nil
    do throws(TraceError) {
      try writeLosses()
      try writeFooter()
    } catch { failed = failed ?? error }
    do throws(TraceError) { try output.close() } catch { failed = failed ?? error }
    if let failed { throw failed }
    return output.end
  }
}

extension TraceFileWriter {
  private mutating func append<Record: StoredRecord>(
    _ records: UnsafeBufferPointer<Record>, to pending: PendingRows<Record>, _ stream: StreamID
  ) throws(TraceError) {
    guard failure == nil, !isEnding else {
      noteUnwritten(records.stampRange, records.count, stream)
      if let failure, !isEnding { throw failure }
      return
    }
    var rest = records
    if !rest.isEmpty { losses.endRanges(of: stream) }
    while !rest.isEmpty {
      rest = UnsafeBufferPointer(rebasing: rest[pending.take(rest)...])
      guard pending.count == pending.capacity else { continue }
      do throws(TraceError) { try write(pending, stream) } catch {
        noteUnwritten(rest.stampRange, rest.count, stream)
        throw error
      }
    }
  }

  /// Notes events that an error keeps out of the file. Where none has a stamp, they may be missing anywhere.
  private mutating func noteUnwritten(_ range: ClosedRange<UInt64>?, _ count: Int, _ stream: StreamID) {
    guard count > 0 else { return }
    losses.add(stream, range ?? 0...UInt64.max, cause: .writeFailed, count: UInt64(count))
  }

  private mutating func write<Record: StoredRecord>(
    _ pending: PendingRows<Record>, _ stream: StreamID
  ) throws(TraceError) {
    guard pending.count > 0 else { return }
    let set = Record.columns(of: pending.records, sites: &sites)
    try writeSites()
    try writeBlock(set, ledger.place(.events, stream.rawValue))
    pending.removeAll()
  }

  /// Dictionary entries precede the events that use them.
  private mutating func writeSites() throws(TraceError) {
    guard sites.written < sites.keys.count else { return }
    let fresh = SiteRow.columnSet(sites, from: sites.written)
    try writeBlocks(fresh, .table, UInt32(TableID.sites.rawValue))
    sites.written = sites.keys.count
  }

  private mutating func writeLosses() throws(TraceError) {
    guard !losses.rows.isEmpty else { return }
    try append(rows: losses.rows)
    losses.removeAll()
  }

  private mutating func writeBlocks(_ set: ColumnSet, _ type: BlockType, _ stream: UInt32) throws(TraceError)
  {
    let ranges = set.blockRanges
    for range in ranges {
      let part = ranges.count == 1 ? set : set.slice(range)
      do throws(TraceError) { try writeBlock(part, ledger.place(type, stream)) } catch {
        if type == .events {
          let rest = set.slice(range.lowerBound..<set.count)
          noteUnwritten(rest.stampRange, rest.count, StreamID(rawValue: stream))
        }
        throw error
      }
    }
  }

  private mutating func writeBlock(_ set: ColumnSet, _ place: BlockEncoder.Place) throws(TraceError) {
    let header: BlockHeader
    let offset: UInt64
    do throws(TraceError) {
      header = try encoder.encode(set, place)
      if succession != nil { try makeRoom(for: place) }
      offset = output.end
      try output.append(encoder.block.bytes)
    } catch {
      failure = error
      throw error
    }
    guard place.type == .events || place.type == .table, !place.isRepeat else {
      return ledger.count(place.type, place.stream, rows: place.isRepeat ? 0 : set.count)
    }
    if place.type == .events { eventsWritten += UInt64(set.count) }
    let entry = BlockLedger.Entry(
      offset: offset, length: output.end - offset, type: place.type, stream: place.stream, rows: set.count,
      range: header.range, siteCounts: place.type == .events ? set.siteCounts : [])
    ledger.add(entry)
    guard let succession else { return }
    let block = UnsafeMutableRawBufferPointer(start: encoder.block.start, count: encoder.block.count)
    do throws(TraceError) { try succession.note(block, entry, in: output, ledger) } catch {
      failure = error
      throw error
    }
  }

  /// Goes on in the file's successor where the block that was encoded for `place` has no room in the file.
  private mutating func makeRoom(for place: BlockEncoder.Place) throws(TraceError) {
    guard let succession, succession.isFull(output, ledger, adding: encoder.block.count) else { return }
    let heir = try succession.succeed(output, ledger)
    ledger = heir.ledger
    eventsWritten = heir.events
    output = heir.takeOutput()
    // Its tables alone take all the room there is.
    if succession.isFull(output, ledger, adding: encoder.block.count) {
      throw .write(path: output.path, offset: output.end, .fileTooLarge)
    }
    let renumbered = ledger.place(place.type, place.stream)
    BlockHeader.renumber(
      UnsafeMutableRawBufferPointer(start: encoder.block.start, count: encoder.block.count),
      sequence: renumbered.sequence, rowsBefore: renumbered.rowsBefore)
  }

  private mutating func writeFooter() throws(TraceError) {
    let footerOffset = output.end
    let blocks = UInt64(ledger.entries.count)
    let dictionary = SiteRow.columnSet(sites, from: 0)
    for range in dictionary.blockRanges where dictionary.count > 0 {
      var place = ledger.place(.table, UInt32(TableID.sites.rawValue))
      place.isRepeat = true
      place.rowsBefore = UInt64(range.lowerBound)
      try writeBlock(dictionary.slice(range), place)
    }
    let index = ledger.index
    for range in index.blockRanges { try writeBlock(index.slice(range), ledger.place(.index, 0)) }
    let counts = ledger.siteCounts
    for range in counts.blockRanges where counts.count > 0 {
      try writeBlock(counts.slice(range), ledger.place(.siteCounts, 0))
    }
    var end = ByteBuffer()
    header.append(to: &end)
    TraceTrailer(
      footerOffset: footerOffset, blocks: blocks,
      fileLength: output.end + UInt64(TraceHeader.length + TraceTrailer.length)
    ).append(to: &end)
    try output.append(end.bytes)
  }
}

extension ColumnSet {
  /// Events per site, by ascending site.
  fileprivate var siteCounts: [(site: UInt64, count: UInt64)] {
    guard let column = self[.site], case .integers(let values) = column.values else { return [] }
    var counts: [UInt64: UInt64] = [:]
    var run: (site: UInt64, count: UInt64) = (0, 0)
    for row in 0..<values.count where column.isPresent(row) {
      if values[row] != run.site {
        if run.count > 0 { counts[run.site, default: 0] += run.count }
        run = (values[row], 0)
      }
      run.count += 1
    }
    if run.count > 0 { counts[run.site, default: 0] += run.count }
    return counts.sorted { $0.key < $1.key }.map { (site: $0.key, count: $0.value) }
  }
}
