/// A snapshot on a terminal.
public enum TopScreen {
  /// The lines of a screen of this size, at most `height`, each at most `width` columns wide.
  public static func lines(
    _ snapshot: TopSnapshot, _ view: TopView, width: Int, height: Int, colour: Bool
  ) -> [String] {
    guard width > 0, height > 0 else { return [] }
    let style = TextStyle(colour: colour)
    var lines = [style.bold(CellWidth.cut(TopHeader.view(snapshot, view), width))]
    if view.showsHelp {
      lines += help(width)
      return Array(lines.prefix(height))
    }
    var notes = wrapped(TopHeader.probes(snapshot), width: width)
    if let absence = snapshot.lightAbsence {
      notes += wrapped("light exits are unknown: \(printable(absence))", width: width)
    }
    if let message = snapshot.message { notes.append(CellWidth.cut(printable(message), width)) }
    // On a short screen figures come before words.
    let room = max(0, height - 1)
    lines += notes.prefix(max(1, room / 3)).prefix(room).map { style.dim(CellWidth.cut($0, width)) }

    let machines = TopTables.machines(snapshot, view).lines(width: width)
    let left = height - lines.count
    guard left > 1 else { return Array(lines.prefix(height)) }
    lines.append(style.bold(machines.title))
    lines += shown(machines.rows, room: max(1, (left - 1) / 2), width)
    let rest = height - lines.count
    guard rest > 1 else { return Array(lines.prefix(height)) }
    let isSpaced = rest > 6
    if isSpaced { lines.append("") }

    let rows = TopRows(snapshot, view)
    let space = height - lines.count - 1
    let offset = min(view.offset, max(0, rows.rows.count - space))
    let table = TopTables.sites(rows.rows[offset...].prefix(space), snapshot, view).lines(width: width)
    lines.append(style.bold(table.title))
    if rows.rows.isEmpty {
      let text = rows.all == 0 ? "no exits in this interval" : "no exits that the filter lets through"
      lines.append(CellWidth.cut(text, width))
    }
    lines += table.rows
    return Array(lines.prefix(height))
  }

  /// As many of `rows` as there is room for, the last of which says how many are left.
  private static func shown(_ rows: [String], room: Int, _ width: Int) -> [String] {
    guard rows.count > room else { return rows }
    return rows.prefix(room - 1) + [CellWidth.cut("… \(rows.count - room + 1) more", width)]
  }

  private static func help(_ width: Int) -> [String] {
    TopView.help.map { CellWidth.cut(CellWidth.fit($0.keys, 14, isRight: false) + $0.what, width) }
      + wrapped(Self.words, width: width)
  }

  private static let words =
    "Figures are of the last interval alone. Time %: of the vCPU threads' time, between the returns of KVM_RUN (heavy) "
    + "or from exit to entry (light). Switch, kernel, VMM: mean stages of an exit."
}
