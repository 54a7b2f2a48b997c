import SortieTrace

/// The integer columns of a block of kernel events, or of events that are not in a block yet, and one of the rows.
struct KernelEventFields {
  private let columns: [(values: [UInt64], column: Column)]
  /// The events; nil: they are in a block.
  private var live: EventRows?
  /// By number: position in `columns`; below 0: there is none.
  private let positions: [Int]
  /// The row that values are of.
  var row = 0

  /// Columns above this have no meaning for events.
  private static let mostColumns = 128

  init(_ set: ColumnSet) {
    var columns: [(values: [UInt64], column: Column)] = []
    var positions = [Int](repeating: -1, count: Self.mostColumns)
    for column in set.columns where column.id.rawValue < Self.mostColumns {
      guard case .integers(let values) = column.values else { continue }
      positions[Int(column.id.rawValue)] = columns.count
      columns.append((values, column))
    }
    self.columns = columns
    self.positions = positions
    live = nil
  }

  /// Precondition: not used longer than `rows` are valid.
  init(_ rows: EventRows) {
    var positions = [Int](repeating: -1, count: Self.mostColumns)
    for (position, id) in rows.columns.enumerated() where id.rawValue < Self.mostColumns {
      positions[Int(id.rawValue)] = position
    }
    self.positions = positions
    columns = []
    live = rows
  }

  /// The same columns of other events that are in no block.
  func moved(to rows: EventRows) -> KernelEventFields {
    var fields = self
    fields.live = rows
    fields.row = 0
    return fields
  }

  /// The row's value; nil where it has none.
  subscript(id: ColumnID) -> UInt64? {
    let position = positions[Int(id.rawValue)]
    if let live {
      guard position >= 0, live.present[row] >> UInt32(position) & 1 != 0 else { return nil }
      return live.values[position * live.stride + row]
    }
    guard position >= 0, columns[position].column.isPresent(row) else { return nil }
    return columns[position].values[row]
  }

  /// The row's value; 0 where it has none.
  func value(_ id: ColumnID) -> UInt64 { self[id] ?? 0 }
}
