public import SortieTrace

/// One side of a comparison: what its traces say, exits of the same site taken together.
public struct ComparedSide: Sendable {
  /// What reports call it.
  public let name: String
  /// Attributes of the host that recorded it.
  public private(set) var host = Attributes()
  /// What executes guests on that host.
  public var guestExecution: GuestExecution { GuestExecution(host) }
  /// TSC frequency of that host, kHz; nil if unknown.
  public private(set) var tscKilohertz: UInt64?
  /// Traces taken in.
  public private(set) var traces = 0
  /// Names of its runs, in their order, each once.
  public private(set) var workloads: [String] = []
  /// The figures of each workload; of runs without a name under the empty one.
  public private(set) var runs: [String: RunFigures] = [:]
  /// Sites of its exits, told apart by workload.
  private(set) var sites: [Site: SiteFigures] = [:]
  /// Exits that the kernel handles were reported, by all of its traces.
  public private(set) var knowsLightExits = true
  /// What its sites are of: whole runs, if only one of its traces is.
  public private(set) var siteScope = SiteScope.guestSpans
  /// Events known to be lost.
  public private(set) var lost: UInt64 = 0
  /// No event is known to be missing, and none went into a table's rest: what it does not have did not occur.
  public private(set) var isWhole = true
  /// The kernel's events that were recorded; differing lists tell sites apart in differing depth.
  private(set) var kernelEvents: Set<String> = []
  /// What guests' transfers came to, by the attribute's name: `io_read_checksum` and its like.
  public private(set) var outputs: [String: Set<String>] = [:]
  /// The I/O plans that its guests were given, in words: `io_bytes 512`, `io_seed 1`.
  public private(set) var plans: Set<Set<String>> = []
  /// What recording itself cost, as its first trace says.
  public private(set) var probeCosts: [ProbeCostRow] = []

  /// A site, and what tells it from others of its reason.
  struct Site: Hashable {
    var site: ComparedSite
    var detail: String?
  }

  /// Attributes of a run that say what its guest transferred.
  public static let outputAttributes = [
    "io_operations", "io_bytes", "io_read_checksum", "io_image_checksum",
  ]

  /// Attributes of a run that say what its guest was to transfer.
  private static let planAttributes = [
    "io_operations", "io_bytes", "io_seed", "io_write_percent", "io_pattern", "io_frames",
  ]

  /// A side without anything yet.
  public init(_ name: String) { self.name = name }

  /// Takes in a trace. `operations`: how many its guest performed, where the trace is not to be asked.
  public mutating func add(_ analysis: Analysis, operations: UInt64? = nil) {
    if traces == 0 {
      (host, tscKilohertz, probeCosts) = (analysis.host, analysis.tscKilohertz, analysis.probeCosts)
    }
    traces += 1
    let totals = analysis.totals
    lost = lost.addingSaturated(totals.lost)
    knowsLightExits = knowsLightExits && totals.exitEvents != nil
    if analysis.siteScope == .wholeRuns { siteScope = .wholeRuns }
    isWhole =
      isWhole && totals.lost == 0 && totals.lossesOfUnknownCount == 0 && totals.leftOutEvents == 0
      && totals.cutEvents == 0 && totals.foldedSites == 0
      && !analysis.checks.contains { $0.name == .file && $0.state == .failed }
    if let events = analysis.host["kernel_events"] { kernelEvents.insert(events) }
    var names: [UInt32: String] = [:]
    for vm in analysis.vms {
      let name = vm.name ?? ""
      names[vm.vm] = name
      if runs[name] == nil { workloads.append(name) }
      var figures = RunFigures(vm, analysis)
      if let operations { figures.operations = operations }
      if runs[name]?.add(figures) == nil { runs[name] = figures }
      for attribute in Self.outputAttributes {
        if let value = vm.attributes[attribute] { outputs[attribute, default: []].insert(value) }
      }
      if vm.attributes["io_seed"] != nil {
        plans.insert(
          Set(Self.planAttributes.compactMap { name in vm.attributes[name].map { "\(name) \($0)" } }))
      }
    }
    for row in analysis.sites where row.tier != .guest && row.exitClass != .kick {
      // Writes that KVM batches are light exits of their own where the kernel reports these.
      guard row.tier == .kernel || row.exitClass == .heavy else { continue }
      let site = ComparedSite(
        workload: names[row.vm] ?? "", exitClass: row.exitClass, reason: row.reason, site: row.site,
        device: row.device)
      sites[Site(site: site, detail: row.detail), default: SiteFigures()].add(row)
    }
  }

  /// The figures of a workload, or of all of them together.
  public func figures(of workload: String?) -> RunFigures? {
    if let workload { return runs[workload] }
    return workloads.compactMap { runs[$0] }.reduce(nil) { (sum: RunFigures?, next) in
      guard var sum else { return next }
      sum.add(next)
      return sum
    }
  }

  /// Its sites, as coarse as asked for: without the workload, or without what `--detail` alone tells.
  func sites(byWorkload: Bool, details: Bool) -> [ComparedSite: SiteFigures] {
    var result: [ComparedSite: SiteFigures] = [:]
    for (key, figures) in sites {
      var site = key.site
      if !byWorkload { site.workload = nil }
      if !details, let detail = key.detail, site.site.hasSuffix(" " + detail) {
        site.site.removeLast(detail.count + 1)
      }
      result[site, default: SiteFigures()].add(figures)
    }
    return result
  }
}
