/// A table of aligned columns. The first column gives way where the table would be too wide.
struct TextTable {
  /// Where a column's text stands.
  enum Alignment {
    case left
    case right
  }

  private let titles: [String]
  private let alignments: [Alignment]
  private var rows: [Row] = []

  private struct Row {
    var cells: [String]
    var isDim: Bool
    var isNote = false
  }

  /// A table whose columns have these titles; a title that begins with `<` is of a column aligned to the left.
  init(_ columns: [String]) {
    titles = columns.map { $0.hasPrefix("<") ? String($0.dropFirst()) : $0 }
    alignments = columns.map { $0.hasPrefix("<") ? .left : .right }
  }

  var isEmpty: Bool { rows.isEmpty }

  /// Adds a row; missing cells are empty. A dim row says more about the one above, and its first cell may reach over
  /// empty ones behind it.
  mutating func add(_ cells: [String], isDim: Bool = false) {
    rows.append(
      Row(cells: cells + Array(repeating: "", count: max(0, titles.count - cells.count)), isDim: isDim))
  }

  /// Adds text of its own under the row above, however wide the columns are; what is too long goes on in the next line.
  mutating func addNote(_ text: String, isDim: Bool = true) {
    rows.append(Row(cells: [text], isDim: isDim, isNote: true))
  }

  /// The lines, none wider than `width`: the first column gives way down to eight characters, then rows are cut.
  func lines(_ style: TextStyle, width: Int) -> [String] {
    var widths = titles.map(\.count)
    for row in rows where !row.isNote {
      for (column, cell) in row.cells.enumerated() where column > 0 || !row.isDim {
        widths[column] = max(widths[column], cell.count)
      }
    }
    let total = widths.reduce(0, +) + 2 * (widths.count - 1)
    if total > width { widths[0] = max(8, widths[0] - (total - width)) }
    var lines = [style.bold(line(titles, widths, limit: width))]
    for row in rows {
      let texts = row.isNote ? note(row.cells[0], width) : [line(row.cells, widths, limit: width)]
      lines += row.isDim ? texts.map(style.dim) : texts
    }
    return lines
  }

  private func note(_ text: String, _ width: Int) -> [String] {
    guard text.count > width else { return [text] }
    let indent = String(text.prefix { $0 == " " })
    return wrapped(text, width: width - indent.count, indent: "  ").map { indent + $0 }
  }

  private func line(_ cells: [String], _ widths: [Int], limit: Int) -> String {
    var text = ""
    var column = 0
    while column < cells.count {
      var room = widths[column]
      var next = column + 1
      if column == 0, cells[0].count > room {
        while next < cells.count, cells[next].isEmpty, room < cells[0].count {
          room += 2 + widths[next]
          next += 1
        }
      }
      let shown = cut(cells[column], column == 0 ? room : .max)
      let padding = String(repeating: " ", count: max(0, room - shown.count))
      if column > 0 { text += "  " }
      text += alignments[column] == .left ? shown + padding : padding + shown
      column = next
    }
    while text.last == " " { text.removeLast() }
    return cut(text, limit)
  }

  private func cut(_ text: String, _ limit: Int) -> String {
    text.count > limit ? String(text.prefix(limit - 1)) + "…" : text
  }
}
