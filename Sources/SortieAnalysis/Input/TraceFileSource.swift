public import SortieTrace

/// A trace file as a source of the analysis.
public struct TraceFileSource: AnalysisSource {
  /// The file.
  public let file: TraceFile
  private let blocks: [StreamID: [TraceBlock]]

  /// Reads `file`, whose damaged payloads must be known: open it with ``TraceFile/Verification/payloads``.
  public init(_ file: TraceFile) {
    self.file = file
    var blocks: [StreamID: [TraceBlock]] = [:]
    for block in file.blocks {
      if let stream = block.stream { blocks[stream, default: []].append(block) }
    }
    self.blocks = blocks
  }

  /// TSC frequency in kHz; nil if the trace does not know it.
  public var tscKilohertz: UInt64? { file.identity.tscKHz }

  /// Ranges of events that are missing.
  public var losses: [LossRow] { file.losses }

  /// Whether the file is all that was recorded.
  public var notes: [LedgerLine] {
    var notes: [LedgerLine] = []
    if !file.isFinished {
      notes.append(
        LedgerLine(
          kind: .warning,
          text:
            "The recorder did not finish this trace: what it had not yet flushed, a second at most, is missing."
        ))
    }
    if !file.damage.isEmpty {
      let bytes = file.damage.reduce(0) { $0 &+ $1.length }
      notes.append(
        LedgerLine(
          kind: .warning,
          text:
            "\(file.damage.count) damaged parts of the file, \(bytes) bytes, were passed over: sortie info."))
    }
    return notes
  }

  /// All rows of a table. Throws as ``TraceFile/rows(_:)``.
  public func rows<Row: TraceRow>(_: Row.Type) throws(TraceError) -> [Row] { try file.rows(Row.self) }

  /// Whole blocks of a stream.
  public func blockCount(of stream: StreamID) -> Int { blocks[stream]?.count ?? 0 }

  /// The round trips in a block of a `vmm` stream. Throws as ``TraceFile/decode(_:)``.
  public func roundTrips(of stream: StreamID, block: Int) throws(TraceError) -> [RoundTripRecord] {
    guard let blocks = blocks[stream], blocks.indices.contains(block) else { return [] }
    let columns = try file.roundTrips(in: blocks[block])
    return (0..<columns.count).map { columns.record($0) }
  }

  /// The spans in a block of a `guest` stream. Throws as ``TraceFile/decode(_:)``.
  public func guestSpans(of stream: StreamID, block: Int) throws(TraceError) -> [GuestSpanRecord] {
    guard let blocks = blocks[stream], blocks.indices.contains(block) else { return [] }
    let columns = try file.guestSpans(in: blocks[block])
    return (0..<columns.count).map { GuestSpanRecord(g0: columns.g0[$0], g1: columns.g1[$0]) }
  }

  /// The events in a block of any stream. Throws as ``TraceFile/decode(_:)``.
  public func columns(of stream: StreamID, block: Int) throws(TraceError) -> ColumnSet {
    guard let blocks = blocks[stream], blocks.indices.contains(block) else {
      return ColumnSet(count: 0, columns: [])
    }
    return try file.decode(blocks[block])
  }

  /// The least and the greatest stamp in a block.
  public func range(of stream: StreamID, block: Int) -> ClosedRange<UInt64>? {
    guard let blocks = blocks[stream], blocks.indices.contains(block) else { return nil }
    return blocks[block].range
  }
}
