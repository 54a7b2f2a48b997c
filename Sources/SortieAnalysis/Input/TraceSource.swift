public import SortieTrace

/// A stream as the analysis needs to know it.
public struct StreamDescription: Sendable, Equatable {
  /// Its number in the trace.
  public var id: StreamID
  /// What its events are.
  public var kind: StreamKind
  /// VM index.
  public var vm: UInt32
  /// vCPU index within the VM.
  public var vcpu: UInt32

  /// A stream of one vCPU.
  public init(id: StreamID, kind: StreamKind, vm: UInt32, vcpu: UInt32) {
    self.id = id
    self.kind = kind
    self.vm = vm
    self.vcpu = vcpu
  }
}

/// A trace as the analysis reads it: tables whole, streams block by block, so that memory does not grow with the trace.
public protocol TraceSource {
  /// What reading can fail with.
  associatedtype Failure: Error

  /// TSC frequency in kHz; nil if the trace does not know it.
  var tscKilohertz: UInt64? { get }
  /// The streams of vCPUs.
  var streams: [StreamDescription] { get }
  /// All rows of a table; nil where the trace has none.
  func table(_ id: TableID) throws(Failure) -> ColumnSet?
  /// Blocks of a stream that can be read.
  func blockCount(of stream: StreamID) -> Int
  /// The round trips in a block of a `vmm` stream, in the order they were recorded.
  func roundTrips(of stream: StreamID, block: Int) throws(Failure) -> [RoundTripRecord]
  /// The spans in a block of a `guest` stream, in the order they were recorded.
  func guestSpans(of stream: StreamID, block: Int) throws(Failure) -> [GuestSpanRecord]
}
