public import SortieAnalysis
public import SortieTrace

/// A trace made of constructed events, held in memory.
public struct MemoryTrace: TraceSource {
  /// TSC frequency, kHz.
  public var tscKilohertz: UInt64? = 1_000_000
  /// Streams in the order they were added.
  public private(set) var streams: [StreamDescription] = []
  /// Tables by their number.
  public var tables: [TableID: ColumnSet] = [:]
  private var roundTripBlocks: [StreamID: [[RoundTripRecord]]] = [:]
  private var spanBlocks: [StreamID: [[GuestSpanRecord]]] = [:]

  /// An empty trace.
  public init() {}

  /// Adds a `vmm` stream cut into blocks of `blockSize` events; the stream's number.
  @discardableResult
  public mutating func add(
    _ records: [RoundTripRecord], vm: UInt32 = 0, vcpu: UInt32 = 0, blockSize: Int = 1000
  ) -> StreamID {
    let id = StreamID(rawValue: UInt32(streams.count + 1))
    streams.append(StreamDescription(id: id, kind: .vmm, vm: vm, vcpu: vcpu))
    roundTripBlocks[id] = stride(from: 0, to: records.count, by: blockSize).map {
      Array(records[$0..<min($0 + blockSize, records.count)])
    }
    return id
  }

  /// Adds a `guest` stream cut into blocks of `blockSize` events; the stream's number.
  @discardableResult
  public mutating func add(
    _ spans: [GuestSpanRecord], vm: UInt32 = 0, vcpu: UInt32 = 0, blockSize: Int = 1000
  ) -> StreamID {
    let id = StreamID(rawValue: UInt32(streams.count + 1))
    streams.append(StreamDescription(id: id, kind: .guest, vm: vm, vcpu: vcpu))
    spanBlocks[id] = stride(from: 0, to: spans.count, by: blockSize).map {
      Array(spans[$0..<min($0 + blockSize, spans.count)])
    }
    return id
  }

  /// Appends a row to a table; columns that a row lacks are absent in it.
  public mutating func addRow(_ table: TableID, _ cells: [ColumnID: Cell]) {
    var set = tables[table] ?? ColumnSet(count: 0, columns: [])
    let row = set.count
    var columns = set.columns
    for id in cells.keys.sorted(by: { $0.rawValue < $1.rawValue })
    where !columns.contains(where: { $0.id == id }) {
      let isText = if case .text = cells[id] { true } else { false }
      let empty: ColumnValues =
        isText ? .strings(Array(repeating: "", count: row)) : .integers(Array(repeating: 0, count: row))
      columns.append(Column(id, empty, presence: Array(repeating: 0, count: row / 64 + 1)))
    }
    for index in columns.indices {
      if columns[index].presence == nil { columns[index].presence = [] }
      while (columns[index].presence?.count ?? 0) <= row / 64 { columns[index].presence?.append(0) }
      let cell = cells[columns[index].id]
      switch columns[index].values {
      case .integers(var values):
        if case .number(let number) = cell { values.append(number) } else { values.append(0) }
        columns[index].values = .integers(values)
      case .strings(var values):
        if case .text(let text) = cell { values.append(text) } else { values.append("") }
        columns[index].values = .strings(values)
      case .bytes:
        continue
      }
      if cell != nil { columns[index].presence?[row / 64] |= 1 << UInt64(row % 64) }
    }
    set = ColumnSet(count: row + 1, columns: columns)
    tables[table] = set
  }

  /// A value of a table's row.
  public enum Cell: Sendable {
    /// An integer; two's complement where the column is signed.
    case number(UInt64)
    /// UTF-8 text.
    case text(String)
  }

  /// Adds an attribute of the host.
  public mutating func setHost(_ name: String, _ value: String) {
    addRow(.hosts, [.host: .number(0), .name: .text(name), .value: .text(value)])
  }

  /// Adds an attribute of a VM.
  public mutating func setVM(_ vm: UInt32 = 0, _ name: String, _ value: String) {
    addRow(.vms, [.vm: .number(UInt64(vm)), .name: .text(name), .value: .text(value)])
  }

  /// Says how far a vCPU's guest TSC is ahead of the host's from `since` on.
  public mutating func setOffset(_ offset: UInt64, since: UInt64 = 0, vm: UInt32 = 0, vcpu: UInt32 = 0) {
    addRow(
      .vcpus,
      [
        .vm: .number(UInt64(vm)), .vcpu: .number(UInt64(vcpu)), .tsc: .number(since),
        .tscOffset: .number(offset),
      ])
  }

  /// Declares events lost; without a count nobody knows how many.
  public mutating func addLoss(
    _ stream: StreamID, _ first: UInt64, _ last: UInt64, _ cause: LossCause = .ringFull, count: UInt64? = nil
  ) {
    var cells: [ColumnID: Cell] = [
      .stream: .number(UInt64(stream.rawValue)), .tsc: .number(first), .lastTSC: .number(last),
      .cause: .number(UInt64(cause.rawValue)),
    ]
    if let count { cells[.count] = .number(count) }
    addRow(.losses, cells)
  }

  /// The rows of a table.
  public func table(_ id: TableID) -> ColumnSet? { tables[id] }

  /// Blocks of a stream.
  public func blockCount(of stream: StreamID) -> Int {
    roundTripBlocks[stream]?.count ?? spanBlocks[stream]?.count ?? 0
  }

  /// Round trips of a block.
  public func roundTrips(of stream: StreamID, block: Int) throws(Never) -> [RoundTripRecord] {
    roundTripBlocks[stream]?[block] ?? []
  }

  /// Spans of a block.
  public func guestSpans(of stream: StreamID, block: Int) throws(Never) -> [GuestSpanRecord] {
    spanBlocks[stream]?[block] ?? []
  }
}
