import SortieAnalysis

/// What a line of a cost table is about.
struct SiteLine {
  var name: String
  /// What else there is to say about it, under its name.
  var detail: String
  var className: String
  var count: UInt64
}

/// A line of a cost table: figures in cycles, and under them the same as times.
struct CostRow {
  private let site: SiteLine
  private let cycles: CycleSummary
  private let rate: Double?
  private let share: Double?

  /// Characters of a site's name that every width of the table has room for.
  private static let widestName = 24

  init(_ site: SiteLine, _ cycles: CycleSummary, rate: Double?, share: Double?) {
    self.site = site
    self.cycles = cycles
    self.rate = rate
    self.share = share
  }

  /// `workload` is named where several VMs are to be told apart.
  init(_ row: SiteCost, workload: String? = nil) {
    var details: [String] = []
    if let workload { details.append(workload) }
    if let device = row.device {
      details.append(
        printable(device, limit: 24) + (row.meanDeviceCycles.map { ", mean \(approximate($0))" } ?? ""))
    }
    if let elements = row.meanElements, elements > 1 { details.append("×\(fixed(elements, 1))") }
    var name = printable(row.site)
    // What would be cut off has a line of its own.
    if let detail = row.detail.map({ printable($0) }), name.count > Self.widestName,
      name.hasSuffix(" " + detail)
    {
      name.removeLast(detail.count + 1)
      details.append(detail)
    }
    self.init(
      SiteLine(
        name: name, detail: details.joined(separator: ": "), className: row.exitClass.rawValue,
        count: row.count),
      row.cycles, rate: row.rate, share: row.vcpuTimeShare)
  }

  init(_ row: ReasonCost) {
    self.init(
      SiteLine(name: row.reason, detail: "", className: row.exitClass.rawValue, count: row.count), row.cycles,
      rate: row.rate, share: row.vcpuTimeShare)
  }

  private var percentiles: [UInt64?] { [cycles.p50, cycles.p90, cycles.p99, cycles.p999, cycles.maximum] }

  var cells: [String] {
    [
      site.name, site.className, compact(site.count), approximate(rate),
      share.map(percent) ?? "-",
    ]
      + percentiles.map { $0.map(compact) ?? "-" }
  }

  /// The line of times; nil where there is nothing to add.
  func times(_ kilohertz: UInt64?) -> [String]? {
    guard let kilohertz, kilohertz > 0, cycles.count > 0 else {
      return site.detail.isEmpty ? nil : ["  " + site.detail]
    }
    return ["  " + site.detail, "", "", "", ""]
      + percentiles.map { $0.map { duration(Double($0) * 1e6 / Double(kilohertz)) } ?? "" }
  }
}
