/// The values of a statistics file at one moment.
public struct StatisticsSnapshot: Sendable {
  /// What the values are.
  public let layout: StatisticsLayout
  private let data: [UInt8]

  /// The values in `data`, the block that `layout` describes.
  ///
  /// - Throws: `StatisticsError` when the block is shorter than the layout says.
  public init(layout: StatisticsLayout, data: [UInt8]) throws(StatisticsError) {
    guard data.count >= layout.dataSize else {
      throw StatisticsError(
        offset: layout.dataOffset + data.count, reason: "the values take \(layout.dataSize) bytes")
    }
    self.layout = layout
    self.data = data
  }

  /// All values of a statistic: one, or a histogram's buckets.
  public func values(of descriptor: StatisticDescriptor) -> [UInt64] {
    (0..<descriptor.count).compactMap { value(at: descriptor.offset + $0 * 8) }
  }

  /// The first value of the statistic with this name; nil where this kernel has none.
  public subscript(name: String) -> UInt64? {
    layout.descriptors.first { $0.name == name && $0.count > 0 }.flatMap { value(at: $0.offset) }
  }

  private func value(at offset: Int) -> UInt64? {
    guard offset >= 0, offset <= data.count - 8 else { return nil }
    return (0..<8).reduce(0) { $0 | UInt64(data[offset + $1]) << UInt64($1 * 8) }
  }
}
