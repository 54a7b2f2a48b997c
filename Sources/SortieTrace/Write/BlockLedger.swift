/// What the footer will say about the blocks written so far, and how many rows each stream has.
struct BlockLedger {
  /// One block.
  struct Entry {
    var offset: UInt64
    var length: UInt64
    var type: BlockType
    var stream: UInt32
    var rows: Int
    var range: ClosedRange<UInt64>?
    /// Events per site, ascending.
    var siteCounts: [(site: UInt64, count: UInt64)]
  }

  /// A type of block with its stream: what sequence numbers run over.
  private struct Lane: Hashable {
    var type: BlockType
    var stream: UInt32
  }

  private(set) var entries: [Entry] = []
  /// Bytes that footer, header copy and trailer take at the most, about.
  private(set) var footerBytes: UInt64 = 4096
  private var lanes: [Lane: (sequence: UInt64, rows: UInt64)] = [:]

  /// The place of the next block.
  func place(_ type: BlockType, _ stream: UInt32) -> BlockEncoder.Place {
    let (sequence, rows) = lanes[Lane(type: type, stream: stream)] ?? (0, 0)
    return BlockEncoder.Place(type: type, stream: stream, sequence: sequence, rowsBefore: rows)
  }

  /// Notes a block that is in the file.
  mutating func add(_ entry: Entry) {
    entries.append(entry)
    footerBytes += 48 + 8 * UInt64(entry.siteCounts.count)
    if entry.type == .table, entry.stream == UInt32(TableID.sites.rawValue) { footerBytes += entry.length }
    count(entry.type, entry.stream, rows: entry.rows)
  }

  /// Notes a block that the index does not list (the index itself).
  mutating func count(_ type: BlockType, _ stream: UInt32, rows: Int) {
    lanes[Lane(type: type, stream: stream), default: (0, 0)].sequence += 1
    lanes[Lane(type: type, stream: stream), default: (0, 0)].rows += UInt64(rows)
  }

  /// The index: one row per block.
  var index: ColumnSet {
    ColumnSet(
      count: entries.count,
      columns: [
        Column(.blockOffset, .integers(entries.map(\.offset))),
        Column(.length, .integers(entries.map(\.length))),
        Column(.blockType, .integers(entries.map { UInt64($0.type.rawValue) })),
        Column(.stream, .integers(entries.map { UInt64($0.stream) })),
        Column(.count, .integers(entries.map { UInt64($0.rows) })),
        Column(optional: .tsc, entries.map { $0.range?.lowerBound }),
        Column(optional: .lastTSC, entries.map { $0.range?.upperBound }),
      ])
  }

  /// Events per block and site.
  var siteCounts: ColumnSet {
    var block: [UInt64] = []
    var site: [UInt64] = []
    var count: [UInt64] = []
    for (index, entry) in entries.enumerated() {
      for counts in entry.siteCounts {
        block.append(UInt64(index))
        site.append(counts.site)
        count.append(counts.count)
      }
    }
    return ColumnSet(
      count: block.count,
      columns: [
        Column(.block, .integers(block)), Column(.site, .integers(site)), Column(.count, .integers(count)),
      ])
  }
}

extension Column {
  /// A column of integers in which nil rows are absent.
  init(optional id: ColumnID, _ values: [UInt64?]) {
    var presence = [UInt64](repeating: 0, count: (values.count + 63) / 64)
    for (row, value) in values.enumerated() where value != nil { presence[row >> 6] |= 1 << UInt64(row & 63) }
    let isComplete = values.allSatisfy { $0 != nil }
    self.init(id, .integers(values.map { $0 ?? 0 }), presence: isComplete ? nil : presence)
  }

  /// A column of text in which nil rows are absent.
  init(optional id: ColumnID, _ values: [String?]) {
    var presence = [UInt64](repeating: 0, count: (values.count + 63) / 64)
    for (row, value) in values.enumerated() where value != nil { presence[row >> 6] |= 1 << UInt64(row & 63) }
    let isComplete = values.allSatisfy { $0 != nil }
    self.init(id, .strings(values.map { $0 ?? "" }), presence: isComplete ? nil : presence)
  }
}
