public import SortieTrace

/// What is in a trace file, and whether it is whole.
public struct TraceSummary: Sendable {
  /// Which recording it is.
  public var identity: TraceIdentity
  /// Format version.
  public var version: (major: UInt16, minor: UInt16)
  /// Bytes of the file.
  public var size: UInt64
  /// The recorder finished the file.
  public var isFinished: Bool
  /// Parts that are not what was written.
  public var damage: [TraceDamage]
  /// Ranges of events that are missing.
  public var losses: [LossRow]
  /// Its streams, by number.
  public var streams: [Stream]
  /// Its tables, by number.
  public var tables: [Table]
  /// Attributes of the host that recorded.
  public var host: Attributes
  /// Attributes of the VMs, by index.
  public var vms: [UInt32: Attributes]

  /// A stream.
  public struct Stream: Sendable {
    /// Its number.
    public var id: StreamID
    /// What describes it; nil if the trace does not.
    public var row: StreamRow?
    /// Events.
    public var events: UInt64 = 0
    /// Blocks.
    public var blocks: UInt64 = 0
    /// Bytes in the file.
    public var bytes: UInt64 = 0
    /// Bytes before compression, encoded.
    public var contentBytes: UInt64 = 0
    /// Least and greatest stamp of its clock.
    public var range: ClosedRange<UInt64>?

    /// Bytes in the file for each event; nil without events.
    public var bytesPerEvent: Double? { events > 0 ? Double(bytes) / Double(events) : nil }

    /// Stamps a millisecond; nil where the frequency of its clock is unknown.
    public func stampsPerMillisecond(_ identity: TraceIdentity) -> UInt64? {
      StampUnit(row?.clock)?.perMillisecond ?? identity.tscKHz
    }

    /// Fixed-size records as they came, over bytes in the file; nil for kinds that have none.
    public var ratio: Double? {
      guard bytes > 0 else { return nil }
      switch row?.kind {
      case .vmm?: return Double(events) * Double(MemoryLayout<RoundTripRecord>.stride) / Double(bytes)
      case .guest?: return Double(events) * Double(MemoryLayout<GuestSpanRecord>.stride) / Double(bytes)
      default: return nil
      }
    }
  }

  /// A table.
  public struct Table: Sendable {
    /// Which.
    public var id: TableID
    /// Rows.
    public var rows: UInt64 = 0
    /// Bytes in the file.
    public var bytes: UInt64 = 0
  }

  /// Looks at the headers of the blocks and at the tables that name things. Throws as ``TraceFile/rows(_:)``.
  public init(of file: TraceFile) throws(TraceError) {
    identity = file.identity
    version = file.version
    size = file.size
    isFinished = file.isFinished
    damage = file.damage
    losses = file.losses
    host =
      Attributes.byOwner(try file.rows(HostAttribute.self).map { ($0.host, $0.name, $0.value) })[0]
      ?? Attributes()
    vms = Attributes.byOwner(try file.rows(VMAttribute.self).map { ($0.vm, $0.name, $0.value) })
    var streams: [StreamID: Stream] = [:]
    for row in try file.rows(StreamRow.self) { streams[row.stream] = Stream(id: row.stream, row: row) }
    var tables: [TableID: Table] = [:]
    for block in file.blocks {
      if let id = block.stream {
        streams[id, default: Stream(id: id)].add(block)
      } else if let id = block.table {
        tables[id, default: Table(id: id)].rows &+= UInt64(block.rows)
        tables[id, default: Table(id: id)].bytes &+= block.length
      }
    }
    self.streams = streams.values.sorted { $0.id < $1.id }
    self.tables = tables.values.sorted { $0.id.rawValue < $1.id.rawValue }
  }
}

extension TraceSummary.Stream {
  fileprivate mutating func add(_ block: TraceBlock) {
    events &+= UInt64(block.rows)
    blocks &+= 1
    bytes &+= block.length
    contentBytes &+= UInt64(block.contentLength)
    guard let added = block.range else { return }
    guard let known = range else {
      range = added
      return
    }
    range = min(known.lowerBound, added.lowerBound)...max(known.upperBound, added.upperBound)
  }
}
