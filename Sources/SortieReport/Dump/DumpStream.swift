import SortieAnalysis
import SortieTrace

/// An event as a dump sees it.
enum DumpEvent {
  case roundTrip(RoundTripRecord)
  /// A guest span, and its stamps on the host's clock; nil where nothing aligns the clocks.
  case span(GuestSpanRecord, host: (g0: UInt64, g1: UInt64)?)
}

/// One stream of a dump, a block at a time.
struct DumpStream {
  let description: StreamDescription
  /// The event that comes next; nil at the end of the stream.
  private(set) var event: DumpEvent?
  /// Its time on the host's clock, cycles; for a span of a guest whose clock is not aligned, on the guest's.
  private(set) var time: UInt64 = 0

  private var clock: GuestClock
  private var roundTrips: [RoundTripRecord] = []
  private var spans: [GuestSpanRecord] = []
  private var position = 0
  private var block = 0

  init(_ description: StreamDescription, clock: GuestClock) {
    self.description = description
    self.clock = clock
  }

  /// Goes on to the next event. Throws what the source throws.
  mutating func advance<Source: AnalysisSource>(in source: Source) throws(Source.Failure) {
    while position >= max(roundTrips.count, spans.count) {
      guard block < source.blockCount(of: description.id) else {
        event = nil
        return
      }
      if description.kind == .vmm {
        roundTrips = try source.roundTrips(of: description.id, block: block)
      } else {
        spans = try source.guestSpans(of: description.id, block: block)
      }
      block += 1
      position = 0
    }
    if description.kind == .vmm {
      let record = roundTrips[position]
      time = record.u0 != 0 ? record.u0 : record.u1
      event = .roundTrip(record)
    } else {
      let span = spans[position]
      if let g0 = clock.hostTime(span.g0), let g1 = clock.hostTime(span.g1) {
        time = g0
        event = .span(span, host: (g0, g1))
      } else {
        time = span.g0
        event = .span(span, host: nil)
      }
    }
    position += 1
  }
}
