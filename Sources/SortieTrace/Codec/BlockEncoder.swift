/// Turns column sets into blocks: header, column table, compressed payload. It keeps its memory from block to block.
struct BlockEncoder: ~Copyable {
  /// The block last encoded, header and payload.
  private(set) var block = ByteBuffer(capacity: 1 << 16)
  private var content = ByteBuffer(capacity: 1 << 16)
  private var trial = ByteBuffer(capacity: 1 << 12)
  private var compressedTrial = ByteBuffer(capacity: 1 << 12)
  private let compressor: ZstdCompressor
  /// Rows that packings are tried on.
  private static let trialRows = 4096

  init() throws(TraceError) { compressor = try ZstdCompressor(level: 1) }

  /// Where a block stands among the others of its type and stream.
  struct Place {
    var type: BlockType
    var stream: UInt32
    var sequence: UInt64 = 0
    var rowsBefore: UInt64 = 0
    var isRepeat = false
  }

  /// Encodes `set`, which has been checked, into ``block``; returns its header.
  mutating func encode(
    _ set: ColumnSet, _ place: Place
  ) throws(TraceError) -> BlockHeader {
    content.removeAll()
    var boundaries: [Int] = []
    var entries: [ColumnEntry] = []
    let integers = IntegerColumns(set)
    for (index, column) in set.columns.enumerated() {
      let begin = content.count
      var entry = ColumnEntry(
        id: column.id, type: 0, packing: 0, predictor: 0, presence: 0, reference: ColumnID(rawValue: 0),
        length: 0)
      if let presence = column.presence {
        entry.presence = 1
        Self.append(presence, rows: set.count, to: &content)
      }
      switch column.values {
      case .integers:
        let prediction = integers.predictions[index]
        entry.type = ColumnType.integers.rawValue
        entry.predictor = prediction.predictor.rawValue
        if prediction.predictor != .none { entry.reference = set.columns[prediction.reference].id }
        entry.packing = try pack(integers.residuals[index], boundaries: &boundaries).rawValue
      case .strings(let values):
        entry.type = ColumnType.strings.rawValue
        entry.packing = Packing.text.rawValue
        TextCodec.encode(strings: Self.withoutAbsent(values, column, empty: ""), to: &content)
      case .bytes(let values):
        entry.type = ColumnType.bytes.rawValue
        entry.packing = Packing.text.rawValue
        TextCodec.encode(bytes: Self.withoutAbsent(values, column, empty: []), to: &content)
      }
      entry.length = UInt32(content.count - begin)
      boundaries.append(content.count)
      entries.append(entry)
    }
    return try assemble(set, place, entries, boundaries)
  }

  private mutating func assemble(
    _ set: ColumnSet, _ place: Place, _ entries: [ColumnEntry], _ boundaries: [Int]
  ) throws(TraceError) -> BlockHeader {
    block.removeAll()
    let frameLength = BlockHeader.frameLength(columns: entries.count)
    _ = block.extend(by: frameLength)
    try compressor.append(content.bytes, boundaries: boundaries, to: &block)
    let payload = UnsafeRawBufferPointer(rebasing: block.bytes[frameLength...])
    let header = BlockHeader(
      type: place.type, stream: place.stream, rows: UInt32(set.count), sequence: place.sequence,
      rowsBefore: place.rowsBefore, range: set.stampRange, isRepeat: place.isRepeat,
      payloadLength: UInt32(payload.count), contentLength: UInt32(content.count),
      payloadChecksum: CRC32C.checksum(payload), columns: entries)
    header.write(to: UnsafeMutableRawBufferPointer(start: block.start, count: frameLength))
    return header
  }

  /// Appends `residuals` in the packing whose result, compressed, is smallest on a part of them.
  private mutating func pack(
    _ residuals: [UInt64], boundaries: inout [Int]
  ) throws(TraceError) -> Packing {
    boundaries.append(content.count)
    if let first = residuals.first, residuals.allSatisfy({ $0 == first }) {
      content.append(first)
      return .constant
    }
    guard !residuals.isEmpty else { return .varint }
    let candidates = PackingCandidates(residuals)
    let start = max(0, residuals.count - Self.trialRows) / 2
    let sample = start..<min(residuals.count, start + Self.trialRows)
    var best = Packing.bits
    var bestSize = Int.max
    for packing in candidates.packings {
      trial.removeAll()
      compressedTrial.removeAll()
      var ends: [Int] = []
      candidates.append(packing, sample, to: &trial, &ends)
      try compressor.append(trial.bytes, boundaries: ends, to: &compressedTrial)
      if compressedTrial.count < bestSize { (best, bestSize) = (packing, compressedTrial.count) }
    }
    candidates.append(best, residuals.indices, to: &content, &boundaries)
    return best
  }

  /// The bitmap's bytes, rows from bit 0 of byte 0 upwards; bits behind the last row are clear.
  private static func append(_ presence: [UInt64], rows: Int, to buffer: inout ByteBuffer) {
    for byte in 0..<((rows + 7) / 8) {
      var bits = UInt8(truncatingIfNeeded: presence[byte / 8] >> UInt64(byte % 8 * 8))
      if rows - byte * 8 < 8 { bits &= (1 as UInt8) << UInt8(rows - byte * 8) - 1 }
      buffer.append(bits)
    }
  }

  private static func withoutAbsent<Value>(_ values: [Value], _ column: Column, empty: Value) -> [Value] {
    guard column.presence != nil else { return values }
    return values.indices.map { column.isPresent($0) ? values[$0] : empty }
  }
}
