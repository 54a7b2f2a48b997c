/// Traces held against each other, site by site; the first side is what the others are compared with.
public struct TraceComparison: Sendable {
  /// What is compared.
  public let sides: [ComparedSide]
  /// The workloads that are told apart; nil in place of a name where each side is taken as one.
  public let workloads: [String?]
  /// Which exits the sites are of, on all sides.
  public var siteScope: SiteScope {
    sides.allSatisfy { $0.siteScope == .guestSpans } ? .guestSpans : .wholeRuns
  }
  /// Why no difference in cycles is computed, one sentence each; none where it is.
  public let obstacles: [String]
  /// What an exit's cycles are over: `k0..k2` on the CPU where the kernel's events of all sides tell, and then they are means;
  /// else `u0..u1`, which light exits have not, and then they are medians, for a mean would hold the time that the thread was
  /// off its CPU.
  public let interval: CostInterval
  /// The sites, those that differ most first.
  public private(set) var rows: [Row] = []

  /// A site on all sides.
  public struct Row: Sendable {
    /// What the exits were about.
    public var site: ComparedSite
    /// What they came to, by side.
    public var cells: [Cell]
    /// How each side differs from the first, whose own is nil.
    public var differences: [Difference?]
  }

  /// A site on one side.
  public struct Cell: Sendable {
    /// The side has exits of this site.
    public var isPresent: Bool
    /// Exits; nil where it is not known whether there were any.
    public var exits: UInt64?
    /// Exits of each operation; nil where either number is unknown.
    public var exitsPerOperation: Double?
    /// Median of `u0..u1`, of light exits `k0..k2`, blocked and off-CPU time in it, cycles.
    public var median: UInt64?
    /// Mean of the same, cycles.
    public var mean: Double?
    /// Cycles of an exit over the comparison's interval.
    public var cyclesPerExit: Double?
    /// The same of all exits of an operation.
    public var cyclesPerOperation: Double?
    /// The five stages; nil without events of the kernel.
    public var stages: StageSummary?
  }

  /// What a site adds to the difference of two sides; of each operation where both count them, else in all.
  public struct Difference: Sendable, Equatable {
    /// Exits; nil where one side's are not known.
    public var exits: Double?
    /// Their part in all that differs, whichever way, 0 to 1.
    public var exitsShare: Double?
    /// Cycles; nil where they are not known, or not to be compared.
    public var cycles: Double?
    /// Their part in all that differs, whichever way, 0 to 1.
    public var cyclesShare: Double?
  }

  /// Compares `sides`; `obstacles` forbid to compare their cycles.
  public init(_ sides: [ComparedSide], obstacles: [String]) {
    self.sides = sides
    self.obstacles = obstacles
    // Several guests in each trace, as the standard set has: each is compared with its namesake.
    let byWorkload = sides.allSatisfy { $0.workloads.count > 1 }
    var names: [String] = []
    for name in sides.flatMap(\.workloads) where !names.contains(name) { names.append(name) }
    workloads = byWorkload ? names : [nil]
    interval = sides.allSatisfy(\.knowsLightExits) ? .exitToEntry : .vmm
    let details = Set(sides.filter(\.knowsLightExits).map(\.kernelEvents)).count <= 1
    let sites = sides.map { $0.sites(byWorkload: byWorkload, details: details) }
    rows = Set(sites.flatMap(\.keys)).map { site in
      let cells = sides.indices.map { cell(of: site, sides[$0], sites[$0][site]) }
      return Row(
        site: site, cells: cells,
        differences: sides.indices.map { $0 == 0 ? nil : difference(of: site, cells[0], cells[$0], $0) })
    }
    shareOut()
    rows.sort { $0.comesBefore($1) }
  }

  /// Whether the exits of a row are compared for each operation.
  public func isPerOperation(_ workload: String?) -> Bool {
    sides.allSatisfy { $0.figures(of: workload)?.operations != nil }
  }

  /// Whether all guests were given one and the same I/O plan.
  public var isOfOnePlan: Bool {
    guard let plan = sides.first?.plans, plan.count == 1 else { return false }
    return sides.allSatisfy { $0.plans == plan }
  }

  private func cell(of site: ComparedSite, _ side: ComparedSide, _ figures: SiteFigures?) -> Cell {
    let run = side.figures(of: site.workload)
    // What a side does not have is 0 only where it would have been seen.
    let wouldBeSeen = side.isWhole && (site.exitClass == .heavy || side.knowsLightExits) && run != nil
    let exits = figures?.exits ?? (wouldBeSeen ? 0 : nil)
    let median = site.exitClass == .heavy ? figures?.median.map { Double($0) } : nil
    let each = interval == .exitToEntry ? figures?.exitToEntry : median
    let all = exits == 0 ? 0 : each.flatMap { each in exits.map { each * Double($0) } }
    return Cell(
      isPresent: figures != nil, exits: exits, exitsPerOperation: run?.perOperation(exits.map { Double($0) }),
      median: figures?.median, mean: figures?.mean, cyclesPerExit: each,
      cyclesPerOperation: run?.perOperation(all),
      stages: figures?.stages)
  }

  private func difference(of site: ComparedSite, _ base: Cell, _ cell: Cell, _ side: Int) -> Difference {
    func minus(_ a: Double?, _ b: Double?) -> Double? { a.flatMap { a in b.map { a - $0 } } }
    let isPerOperation = isPerOperation(site.workload)
    let exits =
      isPerOperation
      ? minus(cell.exitsPerOperation, base.exitsPerOperation)
      : minus(cell.exits.map { Double($0) }, base.exits.map { Double($0) })
    guard obstacles.isEmpty else { return Difference(exits: exits) }
    func all(_ cell: Cell) -> Double? {
      cell.exits == 0 ? 0 : cell.cyclesPerExit.flatMap { each in cell.exits.map { each * Double($0) } }
    }
    return Difference(
      exits: exits,
      cycles: isPerOperation
        ? minus(cell.cyclesPerOperation, base.cyclesPerOperation) : minus(all(cell), all(base)))
  }

  /// Gives each difference its part in the differences of its two sides.
  private mutating func shareOut() {
    for side in sides.indices.dropFirst() {
      let exits = rows.reduce(0) { $0 + abs($1.differences[side]?.exits ?? 0) }
      let cycles = rows.reduce(0) { $0 + abs($1.differences[side]?.cycles ?? 0) }
      for row in rows.indices {
        guard let difference = rows[row].differences[side] else { continue }
        rows[row].differences[side]?.exitsShare =
          exits > 0 ? difference.exits.map { abs($0) / exits } : nil
        rows[row].differences[side]?.cyclesShare =
          cycles > 0 ? difference.cycles.map { abs($0) / cycles } : nil
      }
    }
  }
}

extension TraceComparison.Row {
  /// The largest part that the site has in any difference: of cycles where they are compared, else of exits.
  private var weight: Double {
    differences.reduce(0) { max($0, $1?.cyclesShare ?? 0, $1?.exitsShare ?? 0) }
  }
  private var exits: UInt64 { cells.reduce(0) { max($0, $1.exits ?? 0) } }

  fileprivate func comesBefore(_ other: Self) -> Bool {
    (weight, exits, other.site.label) > (other.weight, other.exits, site.label)
  }
}

extension ComparedSite {
  /// What it is, in one order on every host.
  fileprivate var label: String {
    [workload ?? "", exitClass.rawValue, reason, site, device ?? ""].joined(separator: "\u{0}")
  }
}
