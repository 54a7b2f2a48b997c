/// What a block holds. Unknown types are skipped.
public struct BlockType: RawRepresentable, Hashable, Sendable {
  /// The number as it stands in the file.
  public let rawValue: UInt16

  /// The type with this number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Events of one stream.
  public static let events = BlockType(rawValue: 1)
  /// Rows of one table.
  public static let table = BlockType(rawValue: 2)
  /// Footer: one row per block.
  public static let index = BlockType(rawValue: 3)
  /// Footer: events per block and site.
  public static let siteCounts = BlockType(rawValue: 4)
}
