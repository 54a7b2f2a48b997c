/// One column of a block as the block's header describes it. FORMAT.md, section 4.
struct ColumnEntry: Equatable, Sendable {
  /// Bytes of an entry as this version writes it.
  static let length = 16

  var id: ColumnID
  /// 1 integers, 2 text, 3 byte strings; unknown ones are skipped.
  var type: UInt8
  /// How the residuals are stored: a ``Packing``.
  var packing: UInt8
  /// What the residuals are relative to: a ``Predictor``.
  var predictor: UInt8
  /// 0: every row has a value; 1: a bitmap stands before the residuals.
  var presence: UInt8
  /// The column a prediction refers to.
  var reference: ColumnID
  /// Bytes of the column's data in the payload.
  var length: UInt32
}

/// The skippable frame before a block's payload. FORMAT.md, section 4.
struct BlockHeader: Equatable, Sendable {
  /// "SBLK" in the file.
  static let tag: UInt32 = 0x4B4C_4253
  /// Bytes before the column table.
  static let fixedLength = 80

  var type: BlockType
  /// The stream of events, or the ``TableID`` of a table.
  var stream: UInt32
  var rows: UInt32
  /// Blocks of this type and stream before this one.
  var sequence: UInt64
  /// Rows of this type and stream before this block's.
  var rowsBefore: UInt64
  /// Least and greatest stamp, where there is one.
  var range: ClosedRange<UInt64>?
  /// Says again what stands in an earlier block (the footer's dictionary).
  var isRepeat: Bool
  /// Bytes of the zstd frame that follows.
  var payloadLength: UInt32
  /// Bytes it decompresses to.
  var contentLength: UInt32
  /// CRC-32C of the zstd frame.
  var payloadChecksum: UInt32
  var columns: [ColumnEntry]

  private static let hasRangeBit: UInt32 = 1 << 0
  private static let isRepeatBit: UInt32 = 1 << 1

  /// Bytes of the frame with this many columns.
  static func frameLength(columns: Int) -> Int { fixedLength + columns * ColumnEntry.length + 4 }

  /// Gives the block whose frame is at the start of `block` another place among those of its type and stream.
  static func renumber(_ block: UnsafeMutableRawBufferPointer, sequence: UInt64, rowsBefore: UInt64) {
    block.storeBytes(of: sequence.littleEndian, toByteOffset: 24, as: UInt64.self)
    block.storeBytes(of: rowsBefore.littleEndian, toByteOffset: 32, as: UInt64.self)
    let length = UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    SkippableFrame.seal(
      UnsafeMutableRawBufferPointer(rebasing: block[..<(SkippableFrame.prefixLength + Int(length))]))
  }

  /// Fills `frame`, whose length is ``frameLength(columns:)``.
  func write(to frame: UnsafeMutableRawBufferPointer) {
    precondition(frame.count == Self.frameLength(columns: columns.count))
    var flags: UInt32 = 0
    if range != nil { flags |= Self.hasRangeBit }
    if isRepeat { flags |= Self.isRepeatBit }
    func put<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, _ offset: Int) {
      frame.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }
    put(Self.tag, 8)
    put(type.rawValue, 12)
    put(UInt16(Self.fixedLength), 14)
    put(stream, 16)
    put(rows, 20)
    put(sequence, 24)
    put(rowsBefore, 32)
    put(range?.lowerBound ?? 0, 40)
    put(range?.upperBound ?? 0, 48)
    put(payloadLength, 56)
    put(contentLength, 60)
    put(payloadChecksum, 64)
    put(UInt16(columns.count), 68)
    put(UInt16(ColumnEntry.length), 70)
    put(flags, 72)
    put(UInt32(0), 76)
    for (index, column) in columns.enumerated() {
      let start = Self.fixedLength + index * ColumnEntry.length
      put(column.id.rawValue, start)
      put(column.type, start + 2)
      put(column.packing, start + 3)
      put(column.predictor, start + 4)
      put(column.presence, start + 5)
      put(column.reference.rawValue, start + 6)
      put(column.length, start + 8)
      put(UInt32(0), start + 12)
    }
    SkippableFrame.seal(frame)
  }

  /// The header that `bytes`, which stand at `offset` in the file, begin with; and its frame's length.
  static func parse(
    _ bytes: UnsafeRawBufferPointer, at offset: UInt64
  ) throws(TraceError) -> (header: BlockHeader, frameLength: Int) {
    let frame = try SkippableFrame.open(
      bytes, at: offset, minimum: frameLength(columns: 0), maximum: TraceLimits.blockFrame,
      what: "block header")
    var cursor = ByteCursor(frame, origin: offset, what: "block header")
    _ = try cursor.take(SkippableFrame.prefixLength)
    guard try cursor.read(UInt32.self) == tag else { throw cursor.malformed("has another tag") }
    let type = BlockType(rawValue: try cursor.read(UInt16.self))
    let fixedLength = Int(try cursor.read(UInt16.self))
    let stream = try cursor.read(UInt32.self)
    let rows = try cursor.read(UInt32.self)
    let sequence = try cursor.read(UInt64.self)
    let rowsBefore = try cursor.read(UInt64.self)
    let first = try cursor.read(UInt64.self)
    let last = try cursor.read(UInt64.self)
    let payloadLength = try cursor.read(UInt32.self)
    let contentLength = try cursor.read(UInt32.self)
    let payloadChecksum = try cursor.read(UInt32.self)
    let columnCount = Int(try cursor.read(UInt16.self))
    let entryLength = Int(try cursor.read(UInt16.self))
    let flags = try cursor.read(UInt32.self)
    guard fixedLength >= Self.fixedLength, entryLength >= ColumnEntry.length,
      fixedLength + columnCount * entryLength + 4 <= frame.count
    else { throw cursor.malformed("\(columnCount) columns of \(entryLength) bytes from byte \(fixedLength)") }
    try limit("columns of a block", UInt64(columnCount), TraceLimits.columns, offset)
    try limit("rows of a block", UInt64(rows), TraceLimits.rows, offset)
    try limit("cells of a block", UInt64(rows) * UInt64(columnCount), TraceLimits.cells, offset)
    try limit("payload bytes of a block", UInt64(payloadLength), TraceLimits.payload, offset)
    try limit("content bytes of a block", UInt64(contentLength), TraceLimits.content, offset)
    guard flags & hasRangeBit == 0 || first <= last else {
      throw cursor.malformed("first stamp \(first) behind the last, \(last)")
    }
    guard !rowsBefore.addingReportingOverflow(UInt64(rows)).overflow, sequence < .max else {
      throw cursor.malformed("\(rowsBefore) rows before it, sequence number \(sequence)")
    }
    var columns: [ColumnEntry] = []
    columns.reserveCapacity(columnCount)
    for index in 0..<columnCount {
      let start = fixedLength + index * entryLength
      let bytes = UnsafeRawBufferPointer(rebasing: frame[start..<(start + ColumnEntry.length)])
      var entry = ByteCursor(bytes, origin: offset + UInt64(start), what: "column table")
      columns.append(
        ColumnEntry(
          id: ColumnID(rawValue: try entry.read(UInt16.self)), type: try entry.read(UInt8.self),
          packing: try entry.read(UInt8.self), predictor: try entry.read(UInt8.self),
          presence: try entry.read(UInt8.self), reference: ColumnID(rawValue: try entry.read(UInt16.self)),
          length: try entry.read(UInt32.self)))
    }
    let header = BlockHeader(
      type: type, stream: stream, rows: rows, sequence: sequence, rowsBefore: rowsBefore,
      range: flags & hasRangeBit != 0 ? first...last : nil, isRepeat: flags & isRepeatBit != 0,
      payloadLength: payloadLength, contentLength: contentLength, payloadChecksum: payloadChecksum,
      columns: columns)
    return (header, frame.count)
  }

  private static func limit(
    _ what: String, _ value: UInt64, _ limit: Int, _ offset: UInt64
  ) throws(TraceError) {
    guard value <= UInt64(limit) else {
      throw .limit(offset: offset, what: what, value: value, limit: UInt64(limit))
    }
  }
}
