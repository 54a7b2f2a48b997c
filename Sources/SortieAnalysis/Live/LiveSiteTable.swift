/// The sites of an interval while they are gathered from vCPUs, by site and by reason.
struct LiveSiteTable {
  private struct Key: Hashable {
    var reason: String
    var site: String?
    var exitClass: ExitClass

    var ofReason: Key { Key(reason: reason, exitClass: exitClass) }
  }

  private struct Totals {
    var interval: CostInterval
    var count: UInt64 = 0
    var cycles = Distribution()
    var stages = StageSums()
    var switches = SwitchSums()

    mutating func add(_ other: Totals) {
      count &+= other.count
      cycles.add(other.cycles)
      stages.add(other.stages)
      switches.add(other.switches)
    }
  }

  private var sites: [Key: Totals] = [:]

  /// Adds round trips of a site.
  mutating func add(
    _ key: SiteKey, _ cell: Cell, _ stages: StageSums, _ switches: SwitchSums
  ) {
    add(
      Key(reason: key.reasonName, site: key.label, exitClass: key.kind == .kick ? .kick : .heavy),
      Totals(interval: .vmm, count: cell.count, cycles: cell.cycles, stages: stages, switches: switches))
  }

  /// Adds exits that the kernel handled.
  mutating func add(_ row: LightTable.Row) {
    add(
      Key(
        reason: row.key?.reason.name ?? "other", site: row.key?.label ?? "other exits", exitClass: .light),
      Totals(
        interval: .exitToEntry, count: row.cycles.count, cycles: row.cycles, stages: row.stages.episodes))
  }

  /// Adds the sites of another vCPU.
  mutating func add(_ other: LiveSiteTable) {
    for (key, totals) in other.sites { add(key, totals) }
  }

  private mutating func add(_ key: Key, _ totals: Totals) {
    if sites[key]?.add(totals) == nil { sites[key] = totals }
  }

  /// The rows of vCPUs that were observed for `wall` cycles together, dearest first.
  func rows(wall: UInt64) -> [LiveSite] {
    sites.map { key, totals in
      LiveSite(
        reason: key.reason, site: key.site, exitClass: key.exitClass, interval: totals.interval,
        count: totals.count, cycles: totals.cycles.briefSummary,
        share: wall > 0 ? Double(totals.cycles.sum) / Double(wall) : nil,
        stages: StageSummary(totals.stages, population: .episodes),
        switches: LiveSite.Switches(totals.switches))
    }.sorted(by: Self.isDearer)
  }

  /// The same with all sites of a reason in one; `rows`: those of the sites.
  func reasons(wall: UInt64, _ rows: [LiveSite]) -> [LiveSite] {
    // Most reasons have one site: its row is theirs.
    var counts: [Key: Int] = [:]
    for key in sites.keys { counts[key.ofReason, default: 0] += 1 }
    var table = LiveSiteTable()
    for (key, totals) in sites where counts[key.ofReason] != 1 { table.add(key.ofReason, totals) }
    let own = rows.filter { counts[Key(reason: $0.reason, exitClass: $0.exitClass)] == 1 }.map { row in
      var row = row
      row.site = nil
      return row
    }
    return (own + table.rows(wall: wall)).sorted(by: Self.isDearer)
  }

  private static func isDearer(_ one: LiveSite, _ other: LiveSite) -> Bool {
    (one.cycles.sum, one.count, other.reason, other.site ?? "")
      > (other.cycles.sum, other.count, one.reason, one.site ?? "")
  }
}
