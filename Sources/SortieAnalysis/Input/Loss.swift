public import SortieTrace

/// A range in which events are missing.
public struct Loss: Sendable, Equatable {
  /// The stream they are missing from; nil if that is not known.
  public var stream: StreamID?
  /// From here on, cycles of the stream's clock; nil if that is not known.
  public var first: UInt64?
  /// To here, cycles of the stream's clock; nil if that is not known.
  public var last: UInt64?
  /// Why; nil for a cause this version does not know.
  public var cause: LossCause?
  /// How many; nil if that is not known.
  public var count: UInt64?

  static func rows(of set: ColumnSet?) -> [Loss] {
    guard let rows = TableRows(set) else { return [] }
    return rows.indices.map { row in
      let stream = UInt32(truncatingIfNeeded: rows.integer(.stream, row) ?? 0)
      return Loss(
        stream: stream == 0 ? nil : StreamID(rawValue: stream),
        first: rows.integer(.tsc, row), last: rows.integer(.lastTSC, row),
        cause: rows.integer(.cause, row).flatMap { UInt8(exactly: $0) }.flatMap(LossCause.init(rawValue:)),
        count: rows.integer(.count, row))
    }
  }
}
