/// What is missing from each stream, told by the counts in the headers of the blocks that remain.
enum BlockGaps {
  /// Loss rows for events missing between, before and (where `lost` knows of them) behind the whole blocks.
  static func losses(in blocks: [TraceBlock], lost: [TraceBlock]) -> [LossRow] {
    var rows: [LossRow] = []
    let wholeByStream = Dictionary(grouping: blocks) { $0.stream }
    let lostByStream = Dictionary(grouping: lost) { $0.stream }
    for stream in Set((blocks + lost).compactMap(\.stream)).sorted() {
      let whole = (wholeByStream[stream] ?? []).sorted { $0.rowsBefore < $1.rowsBefore }
      var expected: UInt64 = 0
      var last: UInt64?
      for block in whole {
        if block.rowsBefore > expected {
          let next = block.range?.lowerBound ?? last ?? 0
          rows.append(loss(stream, last ?? next, next, block.rowsBefore - expected))
        }
        expected = max(expected, block.rowsBefore &+ UInt64(block.rows))
        last = block.range?.upperBound ?? last
      }
      let tail = (lostByStream[stream] ?? []).filter { $0.rowsBefore >= expected }
      guard let end = tail.map({ $0.rowsBefore &+ UInt64($0.rows) }).max(), end > expected else { continue }
      let stamps = tail.compactMap(\.range)
      let latest = stamps.map(\.upperBound).max() ?? last ?? 0
      rows.append(loss(stream, last ?? stamps.map(\.lowerBound).min() ?? latest, latest, end - expected))
    }
    return rows
  }

  private static func loss(_ stream: StreamID, _ first: UInt64, _ last: UInt64, _ count: UInt64) -> LossRow {
    LossRow(
      stream: stream, firstTSC: min(first, last), lastTSC: max(first, last), cause: .damagedFile, count: count
    )
  }
}
