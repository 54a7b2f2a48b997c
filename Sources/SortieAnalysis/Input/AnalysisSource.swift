public import SortieTrace

/// A trace as the analysis reads it: tables whole, streams block by block, so that memory does not grow with the trace.
public protocol AnalysisSource {
  /// What reading can fail with.
  associatedtype Failure: Error

  /// TSC frequency in kHz; nil if the trace does not know it.
  var tscKilohertz: UInt64? { get }
  /// Ranges of events that are missing: those the recorder noted, and those lost with damaged blocks.
  var losses: [LossRow] { get }
  /// What whoever reads the figures must know of the state of the trace.
  var notes: [LedgerLine] { get }
  /// All rows of a table.
  func rows<Row: TraceRow>(_: Row.Type) throws(Failure) -> [Row]
  /// Blocks of a stream that can be read.
  func blockCount(of stream: StreamID) -> Int
  /// The round trips in a block of a `vmm` stream, in the order they were recorded.
  func roundTrips(of stream: StreamID, block: Int) throws(Failure) -> [RoundTripRecord]
  /// The spans in a block of a `guest` stream, in the order they were recorded.
  func guestSpans(of stream: StreamID, block: Int) throws(Failure) -> [GuestSpanRecord]
  /// The events in a block of a `kernel` or `scheduler` stream, in the order they were recorded.
  func columns(of stream: StreamID, block: Int) throws(Failure) -> ColumnSet
  /// The least and the greatest stamp in a block; nil where it has none.
  func range(of stream: StreamID, block: Int) -> ClosedRange<UInt64>?
}

extension AnalysisSource {
  /// The streams of vCPUs that this version can read, in order of their numbers.
  public func vcpuStreams() throws(Failure) -> [StreamDescription] {
    try rows(StreamRow.self).compactMap(StreamDescription.init).sorted { $0.id < $1.id }
  }

  /// The streams of the host's kernel on clocks of that unit, in order of their numbers.
  func kernelStreams(_ unit: StampUnit) throws(Failure) -> [StreamID] {
    try rows(StreamRow.self).compactMap { row in
      switch row.kind {
      case .kernel?, .scheduler?: StampUnit(row.clock) == unit ? row.stream : nil
      default: nil
      }
    }.sorted()
  }

  /// What stamps count: cycles, but for a trace all of whose streams are on clocks of ns.
  func unit() throws(Failure) -> StampUnit {
    let units = try rows(StreamRow.self).map { StampUnit($0.clock) }
    return !units.isEmpty && units.allSatisfy { $0 == .nanoseconds } ? .nanoseconds : .cycles
  }
}

/// A stream of one vCPU.
public struct StreamDescription: Sendable, Equatable {
  /// Its number in the trace.
  public var id: StreamID
  /// What its events are.
  public var kind: Kind
  /// VM index.
  public var vm: UInt32
  /// vCPU index within the VM.
  public var vcpu: UInt32

  /// Kinds of streams of one vCPU.
  public enum Kind: Sendable {
    /// Round trips as the VMM stamped them.
    case vmm
    /// Spans as the guest stamped them.
    case guest
  }

  /// The stream a row describes; nil if it is of no vCPU, or of a kind or clock that this version cannot read.
  init?(_ row: StreamRow) {
    switch (row.kind, row.clock) {
    case (.vmm?, .hostTSC?): kind = .vmm
    case (.guest?, .guestTSC?): kind = .guest
    default: return nil
    }
    id = row.stream
    vm = row.vm ?? 0
    vcpu = row.vcpu ?? 0
  }
}
