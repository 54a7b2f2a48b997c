/// A whole block of a trace: what its header says, without its contents.
public struct TraceBlock: Sendable, Equatable {
  /// Where it begins in the file, bytes.
  public let offset: UInt64
  /// Bytes it takes in the file, header and payload.
  public let length: UInt64
  let header: BlockHeader

  /// What it holds.
  public var type: BlockType { header.type }
  /// The stream of its events; nil where it holds no events.
  public var stream: StreamID? { type == .events ? StreamID(rawValue: header.stream) : nil }
  /// The table of its rows; nil where it holds no table, or one this reader does not know.
  public var table: TableID? {
    type == .table ? UInt16(exactly: header.stream).flatMap { TableID(rawValue: $0) } : nil
  }
  /// Events or rows.
  public var rows: Int { Int(header.rows) }
  /// Rows of the same stream or table in earlier blocks.
  public var rowsBefore: UInt64 { header.rowsBefore }
  /// Least and greatest stamp, cycles of the stream's clock; nil where no row has a stamp.
  public var range: ClosedRange<UInt64>? { header.range }
  /// Bytes of the payload, decompressed.
  public var contentLength: Int { Int(header.contentLength) }
  /// Bytes each column takes in the decompressed payload.
  package var columnLengths: [(column: ColumnID, bytes: Int)] {
    header.columns.map { ($0.id, Int($0.length)) }
  }

  /// Where the payload begins.
  var payloadOffset: UInt64 { offset + length - UInt64(header.payloadLength) }
}

/// A part of a file that is not what was written.
public struct TraceDamage: Sendable, Equatable {
  /// Where it begins, bytes.
  public var offset: UInt64
  /// Bytes that were passed over.
  public var length: UInt64
  /// What is wrong there.
  public var reason: String
}
