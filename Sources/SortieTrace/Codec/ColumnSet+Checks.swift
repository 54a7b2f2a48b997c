extension ColumnSet {
  /// The columns that are stamps.
  private static let stamps: [ColumnID] = [.u0, .d0, .d1, .u1, .g0, .g1, .tsc, .lastTSC]

  /// The least and the greatest stamp, or nil where no row has one.
  var stampRange: ClosedRange<UInt64>? {
    var least = UInt64.max
    var greatest: UInt64 = 0
    var isEmpty = true
    for id in Self.stamps {
      guard let column = self[id], case .integers(let values) = column.values else { continue }
      for (row, value) in values.enumerated() where column.isPresent(row) {
        least = min(least, value)
        greatest = max(greatest, value)
        isEmpty = false
      }
    }
    return isEmpty ? nil : least...greatest
  }

  /// Throws ``TraceError/invalidRows(_:)`` where the set is not one that can be written.
  func check() throws(TraceError) {
    guard columns.count <= TraceLimits.columns else {
      throw .invalidRows("\(columns.count) columns, at most \(TraceLimits.columns) are allowed")
    }
    var seen: Set<ColumnID> = []
    for column in columns {
      let id = column.id.rawValue
      guard column.values.count == count else {
        throw .invalidRows("column \(id) has \(column.values.count) values for \(count) rows")
      }
      guard seen.insert(column.id).inserted else { throw .invalidRows("column \(id) stands twice") }
      guard column.presence.map({ $0.count == (count + 63) / 64 }) ?? true else {
        throw .invalidRows("column \(id) has \(column.presence?.count ?? 0) presence words for \(count) rows")
      }
      guard column.longestText <= TraceLimits.writtenText else {
        throw .invalidRows("column \(id) has a text of \(column.longestText) bytes")
      }
    }
  }

  /// The rows `range` as a set of their own.
  func slice(_ range: Range<Int>) -> ColumnSet {
    let columns = columns.map { column in
      let values: ColumnValues =
        switch column.values {
        case .integers(let values): .integers(Array(values[range]))
        case .strings(let values): .strings(Array(values[range]))
        case .bytes(let values): .bytes(Array(values[range]))
        }
      guard column.presence != nil else { return Column(column.id, values) }
      var presence = [UInt64](repeating: 0, count: (range.count + 63) / 64)
      for row in range where column.isPresent(row) {
        presence[(row - range.lowerBound) >> 6] |= 1 << UInt64((row - range.lowerBound) & 63)
      }
      return Column(column.id, values, presence: presence)
    }
    return ColumnSet(count: range.count, columns: columns)
  }

  /// Ranges of rows that each fit a block.
  var blockRanges: [Range<Int>] {
    let mostRows = min(TraceLimits.writtenRows, TraceLimits.cells / max(1, columns.count))
    var ranges: [Range<Int>] = []
    var start = 0
    var text = 0
    for row in 0..<count {
      let bytes = columns.reduce(0) { $0 + $1.textLength(row) }
      if row - start == mostRows || (row > start && text + bytes > TraceLimits.writtenText) {
        ranges.append(start..<row)
        (start, text) = (row, 0)
      }
      text += bytes
    }
    ranges.append(start..<count)
    return ranges
  }
}

extension Column {
  /// Bytes of text in a row; 0 for integers.
  fileprivate func textLength(_ row: Int) -> Int {
    switch values {
    case .integers: 0
    case .strings(let values): values[row].utf8.count
    case .bytes(let values): values[row].count
    }
  }

  fileprivate var longestText: Int {
    switch values {
    case .integers: 0
    case .strings(let values): values.reduce(0) { max($0, $1.utf8.count) }
    case .bytes(let values): values.reduce(0) { max($0, $1.count) }
    }
  }
}
