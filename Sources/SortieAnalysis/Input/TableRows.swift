import SortieTrace

/// Rows of a table by column, absent values as nil.
struct TableRows {
  private let set: ColumnSet

  init?(_ set: ColumnSet?) {
    guard let set else { return nil }
    self.set = set
  }

  var indices: Range<Int> { 0..<set.count }

  func integer(_ id: ColumnID, _ row: Int) -> UInt64? {
    guard let column = set[id], case .integers(let values) = column.values, column.isPresent(row) else {
      return nil
    }
    return values[row]
  }

  func string(_ id: ColumnID, _ row: Int) -> String? {
    guard let column = set[id], case .strings(let values) = column.values, column.isPresent(row) else {
      return nil
    }
    return values[row]
  }
}
