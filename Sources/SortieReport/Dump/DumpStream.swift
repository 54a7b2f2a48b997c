import SortieAnalysis
import SortieTrace

/// An event as a dump sees it.
enum DumpEvent {
  case roundTrip(RoundTripRecord)
  /// A guest span, and its stamps on the host's clock; nil where nothing aligns the clocks.
  case span(GuestSpanRecord, host: (g0: UInt64, g1: UInt64)?)
  /// An event of the host's kernel.
  case kernel(DecodedKernelEvent)
}

/// One stream of a dump, a block at a time.
struct DumpStream {
  /// The event that comes next; nil at the end of the stream.
  private(set) var event: DumpEvent?
  /// Its time on the host's clock, cycles; for a span of a guest whose clock is not aligned, on the guest's.
  private(set) var time: UInt64 = 0
  /// The stream's number.
  let id: StreamID
  /// The vCPU whose stream it is; nil for one of the kernel.
  let description: StreamDescription?

  private let tables: TraceTables
  private var clock: GuestClock
  private var roundTrips: [RoundTripRecord] = []
  private var spans: [GuestSpanRecord] = []
  private var kernel: KernelEventBlock?
  private var position = 0
  private var block = 0

  /// The stream of a vCPU.
  init(_ description: StreamDescription, _ tables: TraceTables) {
    id = description.id
    self.description = description
    self.tables = tables
    clock = tables.clock(vm: description.vm, vcpu: description.vcpu)
  }

  /// A stream of the host's kernel.
  init(kernel id: StreamID, _ tables: TraceTables) {
    self.id = id
    description = nil
    self.tables = tables
    clock = tables.clock(vm: 0, vcpu: 0)
  }

  /// Goes on to the next event. Throws what the source throws.
  mutating func advance<Source: AnalysisSource>(in source: Source) throws(Source.Failure) {
    repeat {
      while position >= max(roundTrips.count, spans.count, kernel?.count ?? 0) {
        guard block < source.blockCount(of: id) else {
          event = nil
          return
        }
        try read(from: source)
      }
      position += 1
    } while !take(position - 1)
  }

  private mutating func read<Source: AnalysisSource>(from source: Source) throws(Source.Failure) {
    switch description?.kind {
    case .vmm?: roundTrips = try source.roundTrips(of: id, block: block)
    case .guest?: spans = try source.guestSpans(of: id, block: block)
    case nil: kernel = tables.kernelEvents(in: try source.columns(of: id, block: block))
    }
    block += 1
    position = 0
  }

  /// Makes a row of the block the event that comes next; false for one without a stamp.
  private mutating func take(_ row: Int) -> Bool {
    switch description?.kind {
    case .vmm?:
      let record = roundTrips[row]
      time = record.u0 != 0 ? record.u0 : record.u1
      event = .roundTrip(record)
    case .guest?:
      let span = spans[row]
      if let g0 = clock.hostTime(span.g0), let g1 = clock.hostTime(span.g1) {
        time = g0
        event = .span(span, host: (g0, g1))
      } else {
        time = span.g0
        event = .span(span, host: nil)
      }
    case nil:
      guard let decoded = kernel?.event(row) else { return false }
      time = decoded.tsc
      event = .kernel(decoded)
    }
    return true
  }
}
