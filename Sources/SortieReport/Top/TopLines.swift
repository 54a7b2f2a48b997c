import SortieAnalysis

/// A snapshot as lines for files and pipes.
public enum TopLines {
  private static let width = 132

  /// The lines of an interval; the first one says which.
  public static func block(_ snapshot: TopSnapshot) -> [String] {
    let view = TopView()
    var lines = [
      "\(fixed(snapshot.time, 3)) s, over \(fixed(snapshot.seconds, 3)) s; \(TopHeader.probes(snapshot))"
    ]
    if let absence = snapshot.lightAbsence { lines.append("light exits are unknown: \(printable(absence))") }
    for vm in snapshot.vms {
      let figures = vm.live.figures
      let exits = figures.exits.map { "\(grouped($0)) exits, " } ?? ""
      let light = figures.light.map { grouped($0) } ?? "unknown"
      lines.append(
        "\(printable(vm.name)) (process \(vm.pid)): \(exits)light \(light), heavy \(grouped(figures.heavy)), "
          + "kicks \(grouped(figures.kicks))\(vm.hasEnded ? "; has ended" : "")")
    }
    for table in [
      TopTables.machines(snapshot, view), TopTables.sites(TopRows(snapshot, view).rows, snapshot, view),
    ] {
      let (title, rows) = table.lines(width: width)
      lines += [title] + rows
    }
    return lines
  }
}
