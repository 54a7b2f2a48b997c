public import SystemPackage

/// A trace file, open for reading. Nothing in it is trusted: every length and count is checked and bounded, and what is
/// damaged is told from what is whole.
///
/// A value may be used from several threads at once.
public struct TraceFile: Sendable {
  /// Which recording it is and what its cycles are.
  public let identity: TraceIdentity
  /// Format version it was written in.
  public let version: (major: UInt16, minor: UInt16)
  /// Bytes of the file.
  public var size: UInt64 { input.size }
  /// Its whole blocks of events and tables, in the order they were written.
  public let blocks: [TraceBlock]
  /// Whether the recorder finished the file: it ends with a footer and a trailer.
  public let isFinished: Bool
  /// Whether the file is all that was written: finished, and nothing in it damaged.
  public var isComplete: Bool { isFinished && damage.isEmpty }
  /// Parts that are not what was written, in ascending order. Empty for a file whose recorder was killed, unless a
  /// block was cut.
  public let damage: [TraceDamage]
  /// Ranges of events that are missing: those the recorder noted, and those lost with damaged blocks.
  public let losses: [LossRow]
  /// The site dictionary by index; nil where an entry was lost with the file.
  public let sites: [SiteRow?]

  private let input: TraceInput
  private let siteCountBlocks: [TraceBlock]
  /// Row of the index for each of ``blocks``; nil where the file has no index.
  private let indexRows: [Int]?

  /// How much of a file is looked at when it is opened.
  public enum Verification: Sendable {
    /// All of it: ``damage`` and ``losses`` are then the whole truth.
    case payloads
    /// The blocks' headers: a damaged payload shows when it is decoded.
    case headers
  }

  /// Opens the trace at `path`. Throws ``TraceError`` where it cannot be opened, is no trace, is of a later major
  /// version, or holds nothing a reader could use.
  public init(path: FilePath, verification: Verification = .payloads) throws(TraceError) {
    try self.init(TraceInput(path: path), verification)
  }

  /// A trace in memory. Throws as ``init(path:verification:)``.
  public init(bytes: [UInt8], name: String, verification: Verification = .payloads) throws(TraceError) {
    try self.init(TraceInput(bytes: bytes, path: name), verification)
  }

  private init(_ input: TraceInput, _ verification: Verification) throws(TraceError) {
    self.input = input
    let opening = try TraceOpening(input, verifyingPayloads: verification == .payloads)
    identity = opening.header.identity
    version = (opening.header.major, opening.header.minor)
    isFinished = opening.isFinished
    siteCountBlocks = opening.siteCounts
    indexRows = opening.indexRows
    var damage = opening.damage
    var reader = BlockReader(input)
    var whole: [TraceBlock] = []
    var lossRows: [LossRow] = []
    var siteRows: [SiteRow] = []
    for block in opening.blocks + opening.dictionary {
      // The tables a reader cannot do without are decoded now, so that what is wrong with them is known now.
      do throws(TraceError) {
        if block.table == .losses, lossRows.count < TraceLimits.rows {
          lossRows += try LossRow.rows(in: reader.decode(block), at: block.offset)
        } else if block.table == .sites, siteRows.count <= 2 * TraceLimits.sites {
          siteRows += try SiteRow.rows(in: reader.decode(block), at: block.offset)
        }
        if !block.header.isRepeat { whole.append(block) }
      } catch {
        if case .read = error { throw error }
        if !block.header.isRepeat { whole.append(block) }
        damage.append(TraceDamage(offset: block.offset, length: block.length, reason: error.description))
      }
    }
    blocks = whole
    self.damage = damage.sorted { $0.offset < $1.offset }
    losses = lossRows + opening.losses
    sites = Self.table(of: siteRows)
  }

  private static func table(of rows: [SiteRow]) -> [SiteRow?] {
    var sites: [SiteRow?] = []
    for row in rows where row.site < TraceLimits.sites {
      let index = Int(row.site)
      if index >= sites.count { sites.append(contentsOf: repeatElement(nil, count: index - sites.count + 1)) }
      sites[index] = row
    }
    return sites
  }

  /// The rows of `block`. Throws ``TraceError/corrupted(offset:what:)`` where its payload is not what was written.
  public func decode(_ block: TraceBlock) throws(TraceError) -> ColumnSet {
    var reader = BlockReader(input)
    return try reader.decode(block)
  }

  /// The rows of a table, typed, all its blocks together. Throws ``TraceError``.
  public func rows<Row: TraceRow>(_: Row.Type = Row.self) throws(TraceError) -> [Row] {
    var rows: [Row] = []
    try forEachBlock(of: Row.table) { set, offset throws(TraceError) in
      rows += try Row.rows(in: set, at: offset)
    }
    return rows
  }

  private func forEachBlock(
    of table: TableID, _ body: (ColumnSet, _ offset: UInt64) throws(TraceError) -> Void
  ) throws(TraceError) {
    var cells = 0
    for block in blocks where block.table == table {
      cells += block.rows * max(1, block.header.columns.count)
      guard cells <= TraceLimits.tableCells else {
        throw .limit(
          offset: block.offset, what: "cells of table \(table)", value: UInt64(cells),
          limit: UInt64(TraceLimits.tableCells))
      }
      try body(decode(block), block.offset)
    }
  }

  /// Events per site of each of ``blocks``, from the footer, so that a query can skip blocks; nil where the file has no
  /// footer. Throws ``TraceError``.
  public func siteCounts() throws(TraceError) -> [[(site: UInt64, count: UInt64)]]? {
    guard let indexRows else { return nil }
    var result = [[(site: UInt64, count: UInt64)]](repeating: [], count: blocks.count)
    let positions = Dictionary(indexRows.enumerated().map { ($1, $0) }) { first, _ in first }
    var cells = 0
    for block in siteCountBlocks {
      cells += block.rows * block.header.columns.count
      guard cells <= TraceLimits.tableCells else {
        throw .limit(
          offset: block.offset, what: "cells of the site counts", value: UInt64(cells),
          limit: UInt64(TraceLimits.tableCells))
      }
      let set = try decode(block)
      guard case .integers(let rows) = set[.block]?.values, case .integers(let sites) = set[.site]?.values,
        case .integers(let counts) = set[.count]?.values
      else { throw .corrupted(offset: block.offset, what: "site counts without their columns") }
      for (row, block) in rows.enumerated() {
        guard let index = Int(exactly: block), let position = positions[index] else { continue }
        result[position].append((sites[row], counts[row]))
      }
    }
    return result
  }
}
