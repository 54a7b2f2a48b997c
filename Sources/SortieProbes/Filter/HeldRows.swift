internal import SortieTrace

/// Rows of one stream that wait until it is known whether they are kept, in order of time.
///
/// A row keeps its number while rows before it are given away.
struct HeldRows {
  /// Columns.
  let width: Int
  private var values: [UInt64] = []
  private var present: [UInt32] = []
  private var fates: [Fate] = []
  /// The number of the first row that is here.
  private var base = 0
  /// The next row that nobody has looked at.
  private(set) var position = 0

  /// What becomes of a row.
  private struct Fate {
    /// Threads whose operations it may belong to, and that have not decided.
    var undecided: UInt8 = 0
    var isKept = false
  }

  init(width: Int) { self.width = width }

  /// Rows held.
  var count: Int { present.count }

  /// The stamp of the next row that nobody has looked at; nil: there is none.
  var head: UInt64? { position - base < present.count ? self[position, KernelRows.tsc] : nil }

  /// Takes over all of `rows`, which are behind those held.
  mutating func append(_ rows: KernelRows) {
    for row in 0..<rows.count {
      present.append(rows.columns(of: row))
      fates.append(Fate())
      for column in 0..<width { values.append(rows.value(row, column)) }
    }
    rows.clear()
  }

  /// A value; what an absent one is means nothing.
  subscript(row: Int, column: Int) -> UInt64 { values[(row - base) * width + column] }

  func isPresent(_ row: Int, _ column: Int) -> Bool { present[row - base] >> UInt32(column) & 1 != 0 }

  /// The next row was looked at; so many threads decide about it.
  mutating func pass(owners: Int) {
    fates[position - base].undecided = UInt8(owners)
    position += 1
  }

  /// A thread has decided. Returns whether that leaves the row out of the trace.
  mutating func decide(_ row: Int, isKept: Bool) -> Bool {
    fates[row - base].undecided -= 1
    if isKept { fates[row - base].isKept = true }
    return fates[row - base].undecided == 0 && !fates[row - base].isKept
  }

  /// The rows before `limit` that were looked at. Precondition for giving them away: all of them are decided.
  func rows(before limit: UInt64) -> Range<Int> {
    var row = base
    while row < position, self[row, KernelRows.tsc] < limit { row += 1 }
    return base..<row
  }

  /// Whether a row stays in the trace.
  func isKept(_ row: Int) -> Bool { fates[row - base].isKept }

  /// The columns in which a row has a value.
  func columns(of row: Int) -> UInt32 { present[row - base] }

  /// Forgets so many rows from the first on.
  mutating func removeFirst(_ count: Int) {
    guard count > 0 else { return }
    values.removeFirst(count * width)
    present.removeFirst(count)
    fates.removeFirst(count)
    base += count
  }
}
