/// What opening a file found out: its header, its whole blocks, and what is wrong with the rest.
struct TraceOpening {
  let header: TraceHeader
  private(set) var blocks: [TraceBlock] = []
  private(set) var dictionary: [TraceBlock] = []
  private(set) var siteCounts: [TraceBlock] = []
  /// Events that were in damaged parts of the file.
  private(set) var losses: [LossRow] = []
  private(set) var damage: [TraceDamage] = []
  private(set) var isFinished = false
  /// Row of the index for each block; nil where the file has no index.
  private(set) var indexRows: [Int]?

  init(_ input: TraceInput, verifyingPayloads: Bool) throws(TraceError) {
    let trailer = Self.trailer(input)
    let headerLength: UInt64
    (header, headerLength, damage) = try Self.header(input, hasTrailer: trailer != nil)
    if let trailer {
      do throws(TraceError) {
        let index = try TraceIndex(input, trailer, headerLength: headerLength)
        try take(index, input, verifyingPayloads)
        isFinished = true
        return
      } catch {
        if case .read = error { throw error }
        damage.append(
          TraceDamage(
            offset: trailer.footerOffset, length: trailer.fileLength - trailer.footerOffset,
            reason: "the index is not whole: \(error)"))
      }
    }
    try scan(input, from: headerLength, verifyingPayloads)
  }

  private static func trailer(_ input: TraceInput) -> TraceTrailer? {
    guard input.size >= UInt64(TraceTrailer.length) else { return nil }
    let offset = input.size - UInt64(TraceTrailer.length)
    var bytes = ByteBuffer()
    guard (try? input.read(at: offset, TraceTrailer.length, into: &bytes)) != nil else { return nil }
    return try? TraceTrailer(bytes.bytes, at: offset)
  }

  /// The header at the start of the file; where that is damaged, its copy before the trailer.
  private static func header(
    _ input: TraceInput, hasTrailer: Bool
  ) throws(TraceError) -> (TraceHeader, length: UInt64, [TraceDamage]) {
    var bytes = ByteBuffer()
    try input.read(at: 0, TraceLimits.blockFrame, into: &bytes)
    do throws(TraceError) {
      let header = try TraceHeader(bytes.bytes, at: 0, path: input.path)
      return (header, UInt64(SkippableFrame.prefixLength) + UInt64(length(bytes.bytes)), [])
    } catch {
      guard case .corrupted = error else { throw error }
      if hasTrailer, input.size >= UInt64(TraceTrailer.length + TraceHeader.length) {
        let offset = input.size - UInt64(TraceTrailer.length + TraceHeader.length)
        try input.read(at: offset, TraceHeader.length, into: &bytes)
        if let header = try? TraceHeader(bytes.bytes, at: offset, path: input.path) {
          let length = UInt64(TraceHeader.length)
          return (header, length, [TraceDamage(offset: 0, length: length, reason: error.description)])
        }
        throw error
      }
      throw try notATrace(input) ?? error
    }
  }

  private static func length(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
  }

  /// The error for a file that does not even begin like a trace, or ends within the header; nil for a damaged one.
  private static func notATrace(_ input: TraceInput) throws(TraceError) -> TraceError? {
    var bytes = ByteBuffer()
    try input.read(at: 0, 16, into: &bytes)
    var expected =
      SkippableFrame.magicBytes + [UInt8(TraceHeader.length - SkippableFrame.prefixLength), 0, 0, 0]
    withUnsafeBytes(of: TraceHeader.magic.littleEndian) { expected += Array($0) }
    let found = Array(bytes.bytes)
    // The length is not part of what makes a trace, and one damaged bit does not unmake it.
    let differences = zip(found, expected).enumerated().filter { !(4..<8).contains($0.offset) }
      .reduce(0) { $0 + ($1.element.0 ^ $1.element.1).nonzeroBitCount }
    guard !found.isEmpty, differences <= 1 else { return .notATrace(path: input.path, firstBytes: found) }
    guard input.size >= UInt64(TraceHeader.length) else {
      return .truncated(path: input.path, size: input.size, needed: UInt64(TraceHeader.length))
    }
    return nil
  }

  /// Takes the blocks that `index` lists, where they are whole.
  private mutating func take(
    _ index: TraceIndex, _ input: TraceInput, _ verifyingPayloads: Bool
  ) throws(TraceError) {
    var reader = BlockReader(input)
    dictionary = index.dictionary
    siteCounts = index.siteCounts
    var rows: [Int] = []
    for (row, entry) in index.entries.enumerated() {
      do throws(TraceError) {
        let block = try reader.header(at: entry.offset)
        guard block.length == entry.length, block.type == entry.type, block.header.stream == entry.stream,
          UInt64(block.rows) == entry.rows
        else { throw .corrupted(offset: entry.offset, what: "block header and index contradict each other") }
        if verifyingPayloads { try reader.verifyPayload(of: block) }
        blocks.append(block)
        rows.append(row)
      } catch {
        if case .read = error { throw error }
        damage.append(TraceDamage(offset: entry.offset, length: entry.length, reason: error.description))
        guard entry.type == .events else { continue }
        losses.append(
          LossRow(
            stream: StreamID(rawValue: entry.stream), firstTSC: entry.range?.lowerBound ?? 0,
            lastTSC: entry.range?.upperBound ?? .max, cause: .damagedFile, count: entry.rows))
      }
    }
    indexRows = rows
    for block in siteCounts where verifyingPayloads {
      do throws(TraceError) { try reader.verifyPayload(of: block) } catch {
        damage.append(TraceDamage(offset: block.offset, length: block.length, reason: error.description))
      }
    }
  }

  private mutating func scan(
    _ input: TraceInput, from start: UInt64, _ verifyingPayloads: Bool
  ) throws(TraceError) {
    let scan = try TraceScan(input, from: start, verifyingPayloads: verifyingPayloads)
    blocks = scan.blocks.filter { !$0.header.isRepeat && [.events, .table].contains($0.type) }
    dictionary = scan.blocks.filter { $0.header.isRepeat && $0.table == .sites }
    losses = BlockGaps.losses(in: blocks, lost: scan.lost)
    damage += scan.damage
    isFinished = scan.hasTrailer
  }
}
