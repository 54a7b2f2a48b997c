import SortieTrace
import SystemPackage

/// The events of a real recording, to be repeated as often as a benchmark wants: shifted in time from one round to the
/// next, so that a longer run of the same guest comes out.
struct RecordedEvents {
  let roundTrips: [RoundTripRecord]
  let guestSpans: [GuestSpanRecord]
  let identity: TraceIdentity
  /// Tables that describe the recording: all but what the writer makes itself.
  let tables: [(table: TableID, rows: ColumnSet)]
  let vmmStream: StreamID
  let guestStream: StreamID
  /// Cycles from the first stamp to the last, and some more.
  let length: UInt64

  /// Reads the first VMM stream and the first guest stream of the trace at `path`.
  init(_ path: String) throws(TraceError) {
    let trace = try TraceFile(path: FilePath(path))
    let streams = try trace.rows(StreamRow.self)
    guard let vmm = streams.first(where: { $0.kind == .vmm })?.stream,
      let guest = streams.first(where: { $0.kind == .guest })?.stream
    else { throw .invalidRows("\(path) has no streams of a vCPU") }
    var trips: [RoundTripRecord] = []
    try trace.forEachRoundTrip(of: vmm) { trips.append($0) }
    // What a longer run has once: the first entry and the exit that ended the run.
    trips = Array(trips.dropFirst().dropLast())
    var spans: [GuestSpanRecord] = []
    for block in trace.blocks where block.stream == guest {
      let columns = try trace.guestSpans(in: block)
      for row in 0..<columns.count { spans.append(GuestSpanRecord(g0: columns.g0[row], g1: columns.g1[row])) }
    }
    guard let first = trips.first, let last = trips.last, !spans.isEmpty else {
      throw .invalidRows("\(path) holds no events")
    }
    roundTrips = trips
    guestSpans = spans
    identity = trace.identity
    vmmStream = vmm
    guestStream = guest
    length = last.u1 - first.u0 + 40_000
    var tables: [(TableID, ColumnSet)] = []
    for block in trace.blocks {
      guard let table = block.table, ![.sites, .losses, .statistics].contains(table) else { continue }
      tables.append((table, try trace.decode(block)))
    }
    self.tables = tables
  }

  /// A new trace at `path` with the recording's tables.
  func makeWriter(_ path: String) throws(TraceError) -> TraceFileWriter {
    var writer = try TraceFileWriter(path: FilePath(path), identity: identity)
    for (table, rows) in tables { try writer.append(table: table, rows: rows) }
    return writer
  }
}

extension RoundTripRecord {
  /// The same, `cycles` later.
  func shifted(by cycles: UInt64) -> RoundTripRecord {
    var record = self
    record.u0 &+= cycles
    if d0 != 0 { record.d0 &+= cycles }
    if d1 != 0 { record.d1 &+= cycles }
    record.u1 &+= cycles
    return record
  }
}
