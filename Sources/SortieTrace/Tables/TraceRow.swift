/// A row of one of a trace's tables, as a type of its own.
public protocol TraceRow: Sendable {
  /// The table.
  static var table: TableID { get }
  /// A row from the values in its columns. Throws ``TraceError/corrupted(offset:what:)`` where one it needs is missing.
  init(_ values: TraceRowValues) throws(TraceError)
  /// Hands over the row's values, every column in every row: nil where the row has none.
  func write(to builder: inout TraceRowBuilder)
}

/// One row's values, looked up by column.
public struct TraceRowValues {
  let table: TableID
  let columns: [ColumnID: Column]
  let row: Int
  /// Where the row's block stands in the file, bytes: errors name it.
  let offset: UInt64

  /// The integer in column `id`, or nil where the row has none.
  public func integer(_ id: ColumnID) -> UInt64? {
    guard let column = columns[id], column.isPresent(row), case .integers(let values) = column.values else {
      return nil
    }
    return values[row]
  }

  /// The text in column `id`, or nil where the row has none.
  public func text(_ id: ColumnID) -> String? {
    guard let column = columns[id], column.isPresent(row), case .strings(let values) = column.values else {
      return nil
    }
    return values[row]
  }

  /// The integer in column `id` as a narrower type. Throws ``TraceError/corrupted(offset:what:)`` where there is none
  /// or it does not fit.
  public func required<Value: FixedWidthInteger>(
    _ id: ColumnID, as _: Value.Type = Value.self
  ) throws(TraceError) -> Value {
    guard let integer = integer(id) else { throw missing(id) }
    guard let value = Value(exactly: integer) else {
      throw .corrupted(
        offset: offset, what: "table \(table), row \(row): column \(id.rawValue) holds \(integer)")
    }
    return value
  }

  /// The text in column `id`. Throws ``TraceError/corrupted(offset:what:)`` where there is none.
  public func requiredText(_ id: ColumnID) throws(TraceError) -> String {
    guard let text = text(id) else { throw missing(id) }
    return text
  }

  /// The integer in column `id` as a narrower type, or nil where the row has none. Throws
  /// ``TraceError/corrupted(offset:what:)`` where it does not fit.
  public func optional<Value: FixedWidthInteger>(
    _ id: ColumnID, as _: Value.Type = Value.self
  ) throws(TraceError) -> Value? {
    integer(id) == nil ? nil : try required(id, as: Value.self)
  }

  private func missing(_ id: ColumnID) -> TraceError {
    .corrupted(offset: offset, what: "table \(table), row \(row): column \(id.rawValue) has no value")
  }
}

/// Gathers rows of one table by column.
public struct TraceRowBuilder {
  private var order: [ColumnID] = []
  private var integers: [ColumnID: [UInt64?]] = [:]
  private var texts: [ColumnID: [String?]] = [:]
  private var rows = 0

  init() {}

  /// The row's integer in column `id`.
  public mutating func put(_ id: ColumnID, _ value: (some BinaryInteger)?) {
    if integers[id] == nil { order.append(id) }
    integers[id, default: []].append(value.map { UInt64(truncatingIfNeeded: $0) })
  }

  /// The row's text in column `id`.
  public mutating func put(_ id: ColumnID, _ value: String?) {
    if texts[id] == nil { order.append(id) }
    texts[id, default: []].append(value)
  }

  mutating func endRow() { rows += 1 }

  /// The rows as columns; those no row has a value in are left out.
  var columnSet: ColumnSet {
    var columns: [Column] = []
    for id in order {
      if let values = integers[id], values.contains(where: { $0 != nil }) {
        columns.append(Column(optional: id, values))
      } else if let values = texts[id], values.contains(where: { $0 != nil }) {
        columns.append(Column(optional: id, values))
      }
    }
    return ColumnSet(count: rows, columns: columns)
  }
}

extension TraceFileWriter {
  /// Writes rows of a table. Throws ``TraceError/invalidRows(_:)``, ``TraceError/write(path:offset:_:)``.
  public mutating func append<Row: TraceRow>(rows: [Row]) throws(TraceError) {
    try append(table: Row.table, rows: Row.columnSet(of: rows))
  }
}

extension TraceRow {
  /// `rows` as columns.
  static func columnSet(of rows: [Self]) -> ColumnSet {
    var builder = TraceRowBuilder()
    for row in rows {
      row.write(to: &builder)
      builder.endRow()
    }
    return builder.columnSet
  }

  /// The rows in `set`, of a block at `offset` in the file.
  static func rows(in set: ColumnSet, at offset: UInt64) throws(TraceError) -> [Self] {
    let columns = Dictionary(set.columns.map { ($0.id, $0) }) { first, _ in first }
    var rows: [Self] = []
    rows.reserveCapacity(set.count)
    for row in 0..<set.count {
      rows.append(try Self(TraceRowValues(table: Self.table, columns: columns, row: row, offset: offset)))
    }
    return rows
  }
}
