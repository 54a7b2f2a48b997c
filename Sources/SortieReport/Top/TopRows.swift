import SortieAnalysis

/// The rows that a view has of a snapshot.
struct TopRows {
  /// A row.
  struct Row {
    /// Whose it is, where that is not said elsewhere.
    var owner: String?
    var site: LiveSite
  }

  /// Sorted and filtered.
  let rows: [Row]
  /// Rows there are without the filter.
  let all: Int

  init(_ snapshot: TopSnapshot, _ view: TopView) {
    var rows: [Row] = []
    for vm in snapshot.vms where view.selection.vm.map({ $0 == vm.live.vm }) ?? true {
      var figures: LiveFigures? = vm.live.figures
      if case .vcpu(_, let vcpu) = view.selection {
        figures = vm.live.vcpus.first { $0.vcpu == vcpu }?.figures
      }
      let owner = view.selection == .all && snapshot.vms.count > 1 ? printable(vm.name) : nil
      rows += ((view.isByReason ? figures?.reasons : figures?.sites) ?? []).map {
        Row(owner: owner, site: $0)
      }
    }
    all = rows.count
    let wanted = view.filter.lowercased()
    rows.removeAll { row in
      if let exitClass = view.exitClass, row.site.exitClass != exitClass { return true }
      return !wanted.isEmpty && !Self.name(row.site).lowercased().contains(wanted)
        && !row.site.reason.lowercased().contains(wanted)
    }
    self.rows = rows.sorted { Self.isBefore($0, $1, view.order) }
  }

  /// The site, or the reason.
  static func name(_ site: LiveSite) -> String { site.site ?? site.reason }

  private static func isBefore(_ one: Row, _ other: Row, _ order: TopView.Order) -> Bool {
    func key(_ site: LiveSite) -> Double {
      switch order {
      case .time: site.share ?? 0
      case .rate: Double(site.count)
      case .p50: Double(site.cycles.p50 ?? 0)
      case .p99: Double(site.cycles.p99 ?? 0)
      case .name: 0
      }
    }
    let (a, b) = (key(one.site), key(other.site))
    return a != b
      ? a > b : (name(one.site), one.owner ?? "") < (name(other.site), other.owner ?? "")
  }
}
