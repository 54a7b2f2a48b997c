/// What was measured of exits that the kernel handled itself, on one vCPU, by reason. Bounded whatever a trace says.
struct LightTable {
  struct Row {
    var key: LightKey?
    /// `k2 - k0`.
    var cycles = Distribution()
    var stages = SiteStages()
  }

  /// The last row may be of everything that came when the table was full: it has no key.
  private(set) var rows: [Row] = []
  /// Exits that came when it was.
  private(set) var folded: UInt64 = 0
  private var index: [LightKey: Int] = [:]
  private var rest: Int?

  /// Reasons with rows of their own; the vendors have some 160.
  private static let limit = 512

  /// Adds an episode; its row.
  mutating func add(_ episode: Episode) -> Int {
    let row = row(of: episode.key)
    rows[row].cycles.record(episode.k2 - episode.k0)
    if episode.isWhole { rows[row].stages.episodes.record(episode.stages) }
    return row
  }

  private mutating func row(of key: LightKey) -> Int {
    if let known = index[key] { return known }
    if rows.count < Self.limit {
      index[key] = rows.count
      rows.append(Row(key: key))
      return rows.count - 1
    }
    folded &+= 1
    if let rest { return rest }
    rest = rows.count
    rows.append(Row())
    return rows.count - 1
  }
}
