/// What was measured of exits that the kernel handled itself, on one vCPU, by reason and detail. Bounded whatever
/// a trace says: first details, then reasons fold together.
struct LightTable {
  struct Row {
    var key: LightKey?
    /// `k2 - k0`.
    var cycles = Distribution()
    var stages = SiteStages()
    var longest = LongestList()
  }

  /// The last row may be of everything that came when the table was full: it has no key.
  private(set) var rows: [Row] = []
  /// Exits that came when it was.
  private(set) var folded: UInt64 = 0
  private var index: [LightKey: Int] = [:]
  private var rest: Int?

  private let limit: Int

  /// Rows at most, whatever there is room for: the vendors have some 160 reasons, and a guest that does not want to
  /// fill the table has few of them, with some tens of details.
  static let mostRows = 512

  /// A table of at most `limit` rows, and one more for what is folded.
  init(limit: Int) { self.limit = min(limit, Self.mostRows) }

  /// Adds an episode, if it is counted; its row. `isScheduleKnown`: when threads were switched was recorded.
  mutating func add(_ episode: Episode, isCounted: Bool, isScheduleKnown: Bool) -> Int {
    let row = row(of: episode.key)
    guard isCounted else { return row }
    let cycles = episode.k2 - episode.k0
    rows[row].cycles.record(cycles)
    if rows[row].longest.takes(cycles) {
      rows[row].longest.add(LongStretch(episode, isScheduleKnown: isScheduleKnown && episode.isWhole))
    }
    if episode.isWhole { rows[row].stages.episodes.record(episode.stages) }
    return row
  }

  /// Hands over the rows that something was added to since this was last asked, and begins them anew.
  mutating func takeRows(_ body: (Row) -> Void) {
    for index in rows.indices where rows[index].cycles.count > 0 {
      body(rows[index])
      rows[index] = Row(key: rows[index].key)
    }
  }

  private mutating func row(of key: LightKey) -> Int {
    if let known = index[key] { return known }
    if rows.count < limit * 3 / 4 { return append(key) }
    folded &+= 1
    var reason = key
    reason.detail = .other
    if let known = index[reason] { return known }
    if rows.count < limit { return append(reason) }
    if let rest { return rest }
    rest = rows.count
    rows.append(Row())
    return rows.count - 1
  }

  private mutating func append(_ key: LightKey) -> Int {
    index[key] = rows.count
    rows.append(Row(key: key))
    return rows.count - 1
  }
}
