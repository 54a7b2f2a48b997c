/// The values of one column.
public enum ColumnValues: Sendable, Equatable {
  /// Unsigned integers; two's complement where the column is signed.
  case integers([UInt64])
  /// UTF-8 text.
  case strings([String])
  /// Byte strings.
  case bytes([[UInt8]])

  /// Rows, present or not.
  public var count: Int {
    switch self {
    case .integers(let values): values.count
    case .strings(let values): values.count
    case .bytes(let values): values.count
    }
  }
}

/// A column: its meaning, its values, and which rows have one.
public struct Column: Sendable, Equatable {
  /// What the values mean.
  public var id: ColumnID
  /// One value a row; rows that have none hold 0, "" or [].
  public var values: ColumnValues
  /// Bit i of word i / 64 is set where row i has a value; nil: every row has one.
  public var presence: [UInt64]?

  /// A column in which every row has a value, or those that `presence` marks.
  public init(_ id: ColumnID, _ values: ColumnValues, presence: [UInt64]? = nil) {
    self.id = id
    self.values = values
    self.presence = presence
  }

  /// Whether row `row` has a value.
  public func isPresent(_ row: Int) -> Bool {
    guard let presence else { return true }
    return presence[row >> 6] >> UInt64(row & 63) & 1 == 1
  }
}

/// Rows stored by column: the events of a block, or rows of a table.
public struct ColumnSet: Sendable, Equatable {
  /// Rows in each column.
  public var count: Int
  /// The columns, each id at most once.
  public var columns: [Column]

  /// A set of `count` rows. Precondition: each column has `count` values, and each id stands once.
  public init(count: Int, columns: [Column]) {
    precondition(columns.allSatisfy { $0.values.count == count })
    self.count = count
    self.columns = columns
  }

  /// The column with this meaning, or nil where the rows have none.
  public subscript(id: ColumnID) -> Column? { columns.first { $0.id == id } }
}
