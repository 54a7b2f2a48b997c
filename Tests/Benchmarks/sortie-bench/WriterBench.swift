import SortieTrace

/// Events that a writer puts into a file per second of processor time: encoding, compression and write(2). The events
/// of a recording are repeated; making them is not counted.
func measureWriter(_ recording: String, into path: String, events: Int) throws(TraceError) {
  let source = try RecordedEvents(recording)
  var writer = try source.makeWriter(path)
  let rounds = max(1, events / (source.roundTrips.count + source.guestSpans.count))
  var spent = 0.0
  for round in 0..<rounds {
    let shift = UInt64(round) * source.length
    let trips = source.roundTrips.map { $0.shifted(by: shift) }
    let spans = source.guestSpans.map { GuestSpanRecord(g0: $0.g0 + shift, g1: $0.g1 + shift) }
    let start = processorSeconds()
    // A ring hands over some thousands at a time.
    for begin in stride(from: 0, to: trips.count, by: 8192) {
      try trips[begin..<min(trips.count, begin + 8192)].withUnsafeBufferPointer { part throws(TraceError) in
        try writer.append(roundTrips: part, stream: source.vmmStream)
      }
    }
    for begin in stride(from: 0, to: spans.count, by: 8192) {
      try spans[begin..<min(spans.count, begin + 8192)].withUnsafeBufferPointer { part throws(TraceError) in
        try writer.append(guestSpans: part, stream: source.guestStream)
      }
    }
    spent += processorSeconds() - start
  }
  let start = processorSeconds()
  let bytes = try writer.finish()
  spent += processorSeconds() - start
  let written = rounds * (source.roundTrips.count + source.guestSpans.count)
  figure("events written", "\(written)", "")
  figure("file", Double(bytes) / Double(written), digits: 2, "B/event")
  figure("written into a file, by one core", Double(written) / spent / 1e6, digits: 2, "M events/s")
}
