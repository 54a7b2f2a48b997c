public import SortieAnalysis
public import SortieTrace

/// A trace made of constructed events, held in memory.
public struct MemoryTrace: AnalysisSource {
  /// TSC frequency, kHz.
  public var tscKilohertz: UInt64? = 1_000_000
  /// Ranges in which events are missing.
  public var losses: [LossRow] = []
  /// What is said of its state.
  public var notes: [LedgerLine] = []
  /// Rows of all tables.
  public var rows: [any TraceRow] = []
  private var streamCount: UInt32 = 0
  private var roundTripBlocks: [StreamID: [[RoundTripRecord]]] = [:]
  private var spanBlocks: [StreamID: [[GuestSpanRecord]]] = [:]
  private var columnBlocks: [StreamID: [ColumnSet]] = [:]

  /// An empty trace.
  public init() {}

  /// Adds a `vmm` stream cut into blocks of `blockSize` events; the stream's number.
  @discardableResult
  public mutating func add(
    _ records: [RoundTripRecord], vm: UInt32 = 0, vcpu: UInt32 = 0, blockSize: Int = 1000
  ) -> StreamID {
    let id = addStream(.vmm, .hostTSC, vm, vcpu)
    roundTripBlocks[id] = Self.blocks(of: records, blockSize)
    return id
  }

  /// Adds a `guest` stream cut into blocks of `blockSize` events; the stream's number.
  @discardableResult
  public mutating func add(
    _ spans: [GuestSpanRecord], vm: UInt32 = 0, vcpu: UInt32 = 0, blockSize: Int = 1000
  ) -> StreamID {
    let id = addStream(.guest, .guestTSC, vm, vcpu)
    spanBlocks[id] = Self.blocks(of: spans, blockSize)
    return id
  }

  /// Adds a stream of the host's kernel, in the order of `events`; the stream's number.
  @discardableResult
  public mutating func add(_ events: [KernelFixture], cpu: UInt32 = 0, blockSize: Int = 1000) -> StreamID {
    streamCount += 1
    let id = StreamID(rawValue: streamCount)
    rows.append(StreamRow(stream: id, kind: .kernel, clock: .hostTSC, physicalCPU: cpu))
    if !rows.contains(where: { $0 is EventFormatRow }) { rows += KernelFixture.formats }
    if events.contains(where: \.isCall), !rows.contains(where: { ($0 as? EventFormatRow)?.event == 90 }) {
      rows += KernelFixture.callFormats
    }
    columnBlocks[id] = Self.blocks(of: events, blockSize).map(KernelFixture.columns)
    return id
  }

  /// Adds a stream of the host's kernel of blocks as a recorder wrote them, with the layouts that name their events; the
  /// stream's number.
  @discardableResult
  public mutating func add(
    _ blocks: [ColumnSet], _ kind: StreamKind, formats: [EventFormatRow], cpu: UInt32 = 0
  ) -> StreamID {
    streamCount += 1
    let id = StreamID(rawValue: streamCount)
    rows.append(StreamRow(stream: id, kind: kind, clock: .hostTSC, physicalCPU: cpu))
    let known = Set(rows.compactMap { ($0 as? EventFormatRow)?.event })
    rows += formats.filter { !known.contains($0.event) }
    columnBlocks[id] = blocks
    return id
  }

  /// Says which thread runs a vCPU from `since` on.
  public mutating func setThread(_ thread: UInt32, vm: UInt32 = 0, vcpu: UInt32 = 0, since: UInt64 = 0) {
    rows.append(ThreadRow(thread: thread, vcpu: vcpu, vm: vm, since: since))
  }

  /// Says that a VM has a vCPU.
  public mutating func addVCPU(_ vcpu: UInt32 = 0, vm: UInt32 = 0) {
    rows.append(VCPURow(vcpu: vcpu, vm: vm))
  }

  /// Adds two readings of a vCPU thread's `schedstat` that grew by so much (ns).
  public mutating func addSchedulerReadings(
    _ first: UInt64, _ last: UInt64, onCPU: UInt64, runDelay: UInt64, timeslices: UInt64, vm: UInt32 = 0,
    vcpu: UInt32 = 0
  ) {
    for (name, growth) in [
      ("schedstat_on_cpu_ns", onCPU), ("schedstat_run_delay_ns", runDelay),
      ("schedstat_timeslices", timeslices),
    ] {
      let base = min(1000, UInt64.max - growth)
      for (tsc, number) in [(first, base), (last, base + growth)] {
        rows.append(StatisticRow(tsc: tsc, vm: vm, vcpu: vcpu, name: name, number: number))
      }
    }
  }

  private mutating func addStream(
    _ kind: StreamKind, _ clock: StreamClock, _ vm: UInt32, _ vcpu: UInt32
  ) -> StreamID {
    streamCount += 1
    let id = StreamID(rawValue: streamCount)
    rows.append(StreamRow(stream: id, kind: kind, clock: clock, vm: vm, vcpu: vcpu))
    return id
  }

  private static func blocks<Event>(of events: [Event], _ size: Int) -> [[Event]] {
    stride(from: 0, to: events.count, by: size).map { Array(events[$0..<min($0 + size, events.count)]) }
  }

  /// Adds an attribute of the host.
  public mutating func setHost(_ name: String, _ value: String) {
    rows.append(HostAttribute(name: name, value: value))
  }

  /// Adds an attribute of a VM.
  public mutating func setVM(_ vm: UInt32 = 0, _ name: String, _ value: String) {
    rows.append(VMAttribute(vm: vm, name: name, value: value))
  }

  /// Says how far a vCPU's guest TSC is ahead of the host's from `since` on.
  public mutating func setOffset(_ offset: UInt64, since: UInt64 = 0, vm: UInt32 = 0, vcpu: UInt32 = 0) {
    rows.append(VCPURow(vcpu: vcpu, vm: vm, since: since, tscOffset: Int64(bitPattern: offset)))
  }

  /// Declares events lost; without a count nobody knows how many.
  public mutating func addLoss(
    _ stream: StreamID, _ first: UInt64, _ last: UInt64, _ cause: LossCause = .ringFull, count: UInt64? = nil
  ) {
    losses.append(LossRow(stream: stream, firstTSC: first, lastTSC: last, cause: cause, count: count))
  }

  /// The rows of a table.
  public func rows<Row: TraceRow>(_: Row.Type) throws(Never) -> [Row] { rows.compactMap { $0 as? Row } }

  /// Blocks of a stream.
  public func blockCount(of stream: StreamID) -> Int {
    roundTripBlocks[stream]?.count ?? spanBlocks[stream]?.count ?? columnBlocks[stream]?.count ?? 0
  }

  /// Round trips of a block.
  public func roundTrips(of stream: StreamID, block: Int) throws(Never) -> [RoundTripRecord] {
    roundTripBlocks[stream]?[block] ?? []
  }

  /// Spans of a block.
  public func guestSpans(of stream: StreamID, block: Int) throws(Never) -> [GuestSpanRecord] {
    spanBlocks[stream]?[block] ?? []
  }

  /// Events of a block of a kernel's stream.
  public func columns(of stream: StreamID, block: Int) throws(Never) -> ColumnSet {
    columnBlocks[stream]?[block] ?? ColumnSet(count: 0, columns: [])
  }

  /// The stamps of a kernel's block; of others, nothing is said.
  public func range(of stream: StreamID, block: Int) -> ClosedRange<UInt64>? {
    guard let set = columnBlocks[stream]?[block], case .integers(let tsc) = set[.tsc]?.values,
      let first = tsc.min(), let last = tsc.max()
    else { return nil }
    return first...last
  }
}
