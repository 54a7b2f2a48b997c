/// A table whose least important columns are left out where there is no room for them. The first column gives way before.
struct TopTable {
  /// A column.
  struct Column {
    var title: String
    /// The higher, the longer it stays.
    var weight: Int
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  /// Columns that the first one keeps at least.
  private static let leastFirst = 20

  init(_ columns: [Column]) { self.columns = columns }

  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// The title and the rows, none wider than `width`.
  func lines(width: Int) -> (title: String, rows: [String]) {
    var shown = Array(columns.indices)
    var widths = columns.indices.map { column in
      rows.reduce(CellWidth.of(columns[column].title)) { max($0, CellWidth.of($1[column])) }
    }
    func total(_ first: Int) -> Int { shown.dropFirst().reduce(first) { $0 + 2 + widths[$1] } }
    while total(min(widths[0], Self.leastFirst)) > width, shown.count > 1,
      let least = shown.dropFirst().min(by: { columns[$0].weight < columns[$1].weight })
    {
      shown.removeAll { $0 == least }
    }
    widths[0] = max(1, min(widths[0], width - (total(0))))
    func line(_ cells: [String]) -> String {
      let text = shown.map { CellWidth.fit(cells[$0], widths[$0], isRight: $0 > 0) }.joined(separator: "  ")
      return CellWidth.cut(text, width)
    }
    return (line(columns.map(\.title)), rows.map(line))
  }
}
