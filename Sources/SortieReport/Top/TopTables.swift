import SortieAnalysis

/// The tables of `sortie top`.
enum TopTables {
  /// The VMs, with the vCPUs of the one that is chosen, or of the only one.
  static func machines(_ snapshot: TopSnapshot, _ view: TopView) -> TopTable {
    let knowsExits = snapshot.lightAbsence == nil
    var columns: [TopTable.Column] = [.init(title: "VM", weight: 99)]
    if knowsExits {
      columns += [.init(title: "exits/s", weight: 98), .init(title: "light/s", weight: 91)]
    }
    columns += [
      .init(title: "heavy/s", weight: 95), .init(title: "kicks/s", weight: 30),
      .init(title: knowsExits ? "guest %" : "in KVM %", weight: 85),
    ]
    if knowsExits { columns.append(.init(title: "kernel %", weight: 80)) }
    columns += [
      .init(title: "out %", weight: 50), .init(title: "VMM %", weight: 90), .init(title: "in %", weight: 49),
      .init(title: "blocked %", weight: 70), .init(title: "off-CPU %", weight: 60),
    ]
    var table = TopTable(columns)
    for vm in snapshot.vms {
      let isChosen = view.selection.vm == vm.live.vm
      let ending = vm.hasEnded ? ", has ended" : ""
      let mark = isChosen && view.selection == .vm(vm.live.vm) && snapshot.vms.count > 1 ? "> " : ""
      table.add(
        ["\(mark)\(printable(vm.name)) (\(vm.pid)\(ending))"] + cells(vm.live.figures, snapshot, knowsExits))
      guard isChosen || snapshot.vms.count == 1 else { continue }
      for vcpu in vm.live.vcpus {
        let mark = view.selection == .vcpu(vm.live.vm, vcpu.vcpu) ? "> " : "  "
        table.add(["\(mark)vCPU \(vcpu.vcpu)"] + cells(vcpu.figures, snapshot, knowsExits))
      }
    }
    return table
  }

  private static func cells(_ figures: LiveFigures, _ snapshot: TopSnapshot, _ knowsExits: Bool) -> [String] {
    func rate(_ count: UInt64?) -> String {
      approximate(count.map { Double($0) / max(snapshot.seconds, 1e-9) })
    }
    let parts = figures.parts
    func share(_ part: UInt64?) -> String {
      guard let part, figures.wall > 0 else { return "-" }
      return fixed(Double(part) * 100 / Double(figures.wall), 1)
    }
    var cells: [String] = []
    if knowsExits { cells += [rate(figures.exits), rate(figures.light)] }
    cells += [rate(figures.heavy), rate(figures.kicks)]
    cells += knowsExits ? [share(parts?.guest), share(parts?.kernel)] : [share(parts?.undivided)]
    return cells + [
      share(parts?.switchOut), share(parts?.vmm), share(parts?.switchIn), share(parts?.blocked),
      share(parts?.offCPU),
    ]
  }

  /// The rows, from the first one on.
  static func sites(_ rows: some Sequence<TopRows.Row>, _ snapshot: TopSnapshot, _ view: TopView) -> TopTable
  {
    let hasOwners = view.selection == .all && snapshot.vms.count > 1
    var columns: [TopTable.Column] = [.init(title: view.isByReason ? "reason" : "site", weight: 99)]
    if hasOwners { columns.append(.init(title: "VM", weight: 75)) }
    columns += [
      .init(title: "class", weight: 70), .init(title: "exits/s", weight: 95),
      .init(title: "time %", weight: 94),
      .init(title: "p50", weight: 90), .init(title: "p99", weight: 85), .init(title: "switch", weight: 40),
      .init(title: "kernel", weight: 45), .init(title: "VMM", weight: 44),
    ]
    var table = TopTable(columns)
    for row in rows {
      let site = row.site
      var cells = [printable(TopRows.name(site))]
      if hasOwners { cells.append(CellWidth.cut(row.owner ?? "", 16)) }
      cells += [
        site.exitClass.rawValue, approximate(Double(site.count) / max(snapshot.seconds, 1e-9)),
        site.share.map { fixed($0 * 100, 2) } ?? "-", length(site.cycles.p50, snapshot),
        length(site.cycles.p99, snapshot),
      ]
      let stages = site.stages
      let isLight = site.exitClass == .light
      cells += [
        mean(isLight ? nil : stages?.switching ?? site.switches?.switching, snapshot),
        mean(stages?.kernel, snapshot), mean(isLight ? nil : stages?.vmm ?? site.switches?.vmm, snapshot),
      ]
      table.add(cells)
    }
    return table
  }

  private static func mean(_ cycles: Double?, _ snapshot: TopSnapshot) -> String {
    length(cycles.flatMap { $0 < 1e18 ? UInt64($0.rounded()) : nil }, snapshot)
  }

  /// A duration in its unit; cycles where the TSC's frequency is unknown.
  static func length(_ cycles: UInt64?, _ snapshot: TopSnapshot) -> String {
    guard let cycles else { return "-" }
    return nanoseconds(cycles, snapshot.tscKilohertz).map(duration) ?? compact(cycles)
  }
}
