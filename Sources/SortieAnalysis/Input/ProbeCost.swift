import SortieTrace

/// What one kind of probe costs, measured in the same run.
public struct ProbeCost: Sendable, Equatable {
  /// Which probe.
  public var name: String
  /// Median, cycles.
  public var cycles: UInt64?
  /// How it was measured.
  public var method: String?

  static func rows(of set: ColumnSet?) -> [ProbeCost] {
    guard let rows = TableRows(set) else { return [] }
    return rows.indices.compactMap { row in
      guard let name = rows.string(.name, row) else { return nil }
      return ProbeCost(name: name, cycles: rows.integer(.number, row), method: rows.string(.value, row))
    }
  }
}
