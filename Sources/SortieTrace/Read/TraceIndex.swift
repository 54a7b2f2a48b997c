/// The footer: where the blocks are and what they hold, without reading them.
struct TraceIndex {
  /// The index's account of one block.
  struct Entry {
    var offset: UInt64
    var length: UInt64
    var type: BlockType
    var stream: UInt32
    var rows: UInt64
    var range: ClosedRange<UInt64>?
  }

  private(set) var entries: [Entry] = []
  /// The site dictionary, once more.
  private(set) var dictionary: [TraceBlock] = []
  /// Blocks with events per block and site.
  private(set) var siteCounts: [TraceBlock] = []

  /// Reads the footer that `trailer` points at. Throws ``TraceError/corrupted(offset:what:)`` where it is not whole.
  init(_ input: TraceInput, _ trailer: TraceTrailer, headerLength: UInt64) throws(TraceError) {
    var reader = BlockReader(input)
    var offset = trailer.footerOffset
    let end = trailer.fileLength - UInt64(TraceTrailer.length)
    var indices: [TraceBlock] = []
    while offset < end {
      guard let block = try? reader.header(at: offset) else {
        guard try Self.isHeader(input, offset) else {
          throw .corrupted(offset: offset, what: "the footer holds no block here")
        }
        break
      }
      if block.type == .index { indices.append(block) }
      if block.type == .siteCounts { siteCounts.append(block) }
      if block.table == .sites, block.header.isRepeat { dictionary.append(block) }
      offset += block.length
    }
    var expected = headerLength
    for block in indices {
      // A block takes at least its header: an index with more rows is not about this file.
      let most = trailer.footerOffset / UInt64(BlockHeader.frameLength(columns: 0))
      guard UInt64(block.rows) + UInt64(entries.count) <= most else {
        throw .limit(offset: block.offset, what: "rows of the index", value: UInt64(block.rows), limit: most)
      }
      let rows = try reader.decode(block)
      try add(rows, block.offset, limit: trailer.footerOffset, &expected)
    }
    guard UInt64(entries.count) == trailer.blocks else {
      throw .corrupted(
        offset: trailer.footerOffset,
        what: "index of \(entries.count) blocks, the trailer says \(trailer.blocks)")
    }
  }

  private static func isHeader(_ input: TraceInput, _ offset: UInt64) throws(TraceError) -> Bool {
    var bytes = ByteBuffer()
    try input.read(at: offset, TraceLimits.blockFrame, into: &bytes)
    return (try? TraceHeader(bytes.bytes, at: offset, path: input.path)) != nil
  }

  /// Adds the index rows of one block; blocks must ascend without overlap and end before the footer.
  private mutating func add(
    _ rows: ColumnSet, _ offset: UInt64, limit: UInt64, _ expected: inout UInt64
  ) throws(TraceError) {
    func integers(_ id: ColumnID) throws(TraceError) -> [UInt64] {
      guard let column = rows[id], case .integers(let values) = column.values else {
        throw .corrupted(offset: offset, what: "the index has no column \(id.rawValue)")
      }
      return values
    }
    let offsets = try integers(.blockOffset)
    let lengths = try integers(.length)
    let types = try integers(.blockType)
    let streams = try integers(.stream)
    let counts = try integers(.count)
    let first = rows[.tsc]
    let last = rows[.lastTSC]
    for row in 0..<rows.count {
      guard offsets[row] >= expected, offsets[row] <= limit, lengths[row] > 0,
        lengths[row] <= limit - offsets[row], let type = UInt16(exactly: types[row]),
        let stream = UInt32(exactly: streams[row])
      else {
        throw .corrupted(
          offset: offset,
          what: "index row \(row): \(lengths[row]) bytes at \(offsets[row]), expected from \(expected)")
      }
      expected = offsets[row] + lengths[row]
      var range: ClosedRange<UInt64>?
      if let first, let last, first.isPresent(row), last.isPresent(row),
        case .integers(let low) = first.values, case .integers(let high) = last.values, low[row] <= high[row]
      {
        range = low[row]...high[row]
      }
      entries.append(
        Entry(
          offset: offsets[row], length: lengths[row], type: BlockType(rawValue: type), stream: stream,
          rows: counts[row], range: range))
    }
  }
}
