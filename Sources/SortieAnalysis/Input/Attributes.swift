import SortieTrace

/// Name-value attributes of a host or of a VM, as the recorder wrote them.
public struct Attributes: Sendable, Equatable {
  /// Every attribute by name; of a name that stands twice, the last value.
  public var values: [String: String]

  /// Attributes from names and values.
  public init(_ values: [String: String] = [:]) { self.values = values }

  /// The value of an attribute; nil if the trace has none.
  public subscript(name: String) -> String? { values[name] }

  /// An attribute that is a decimal number.
  public func number(_ name: String) -> UInt64? { values[name].flatMap { UInt64($0) } }

  /// An attribute that says `true` or `false`.
  public func flag(_ name: String) -> Bool? { values[name].flatMap { Bool($0) } }

  /// Rows of a table of attributes by owner: column `owner`, `name`, `value`.
  static func rows(of set: ColumnSet?, by owner: ColumnID) -> [UInt32: Attributes] {
    guard let rows = TableRows(set) else { return [:] }
    var result: [UInt32: Attributes] = [:]
    for row in rows.indices {
      guard let name = rows.string(.name, row), let value = rows.string(.value, row) else { continue }
      let index = UInt32(truncatingIfNeeded: rows.integer(owner, row) ?? 0)
      result[index, default: Attributes()].values[name] = value
    }
    return result
  }
}
