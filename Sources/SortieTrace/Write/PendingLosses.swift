/// Losses that wait to be written, and which of them may still grow.
///
/// Two losses of a stream with one cause become one row only while nothing that was recorded lies between them: what
/// a row covers counts as missing from its first stamp to its last.
struct PendingLosses {
  private struct Kind: Hashable {
    var cause: LossCause
    var isCounted: Bool
  }

  /// The rows, in the order in which they were begun.
  private(set) var rows: [LossRow] = []
  /// Rows of streams that have had no event since.
  private var open: [StreamID: [Kind: Int]] = [:]
  /// The row of each stream that takes what is beyond the bound.
  private var overflow: [StreamID: Int] = [:]
  private let limit: Int

  /// At most `limit` rows, and one more for each stream.
  init(limit: Int = TraceLimits.writtenRows) { self.limit = limit }

  /// Notes that events of `stream` between two stamps are missing; nil: nobody knows how many.
  mutating func add(
    _ stream: StreamID, _ range: ClosedRange<UInt64>, cause: LossCause, count: UInt64?
  ) {
    let kind = Kind(cause: cause, isCounted: count != nil)
    if let row = open[stream]?[kind], rows[row].firstTSC <= range.lowerBound {
      rows[row].lastTSC = max(rows[row].lastTSC, range.upperBound)
      if let known = rows[row].count, let count { rows[row].count = known.addingSaturated(count) }
      return
    }
    if rows.count >= limit {
      if let row = overflow[stream] {
        rows[row].firstTSC = min(rows[row].firstTSC, range.lowerBound)
        rows[row].lastTSC = max(rows[row].lastTSC, range.upperBound)
        return
      }
      overflow[stream] = rows.count
    } else {
      open[stream, default: [:]][kind] = rows.count
    }
    rows.append(
      LossRow(
        stream: stream, firstTSC: range.lowerBound, lastTSC: range.upperBound, cause: cause,
        count: rows.count < limit ? count : nil))
  }

  /// An event of `stream` was recorded: later losses begin anew.
  mutating func endRanges(of stream: StreamID) { if !open.isEmpty { open[stream] = nil } }

  /// The rows are written.
  mutating func removeAll() {
    rows.removeAll()
    open.removeAll()
    overflow.removeAll()
  }
}
