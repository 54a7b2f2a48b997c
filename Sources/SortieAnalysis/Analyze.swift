import SortieTrace

/// Analyses a trace in one pass per vCPU, in memory that does not grow with its length.
///
/// Throws what the source throws.
public func analyze<Source: AnalysisSource>(_ source: Source) throws(Source.Failure) -> Analysis {
  let inputs = try TraceTables(source)
  var result = AnalysisBuilder(inputs)
  for vcpu in inputs.vcpus {
    var timeline = VCPUTimeline(
      clock: inputs.clock(vm: vcpu.vm, vcpu: vcpu.vcpu), losses: inputs.lossMap(of: vcpu),
      cellLimit: result.remainingCells)
    try read(vcpu, from: source, into: &timeline)
    result.add(timeline, of: vcpu)
  }
  return result.analysis()
}

private func read<Source: AnalysisSource>(
  _ vcpu: VCPUStreams, from source: Source, into timeline: inout VCPUTimeline
) throws(Source.Failure) {
  var roundTrips = BlockCursor(vcpu.roundTrips)
  var spans = BlockCursor(vcpu.spans)
  while true {
    switch timeline.advance() {
    case .roundTrips:
      if let (stream, block) = roundTrips.next(in: source) {
        timeline.add(try source.roundTrips(of: stream, block: block))
      } else {
        timeline.endRoundTrips()
      }
    case .spans:
      if let (stream, block) = spans.next(in: source) {
        timeline.add(try source.guestSpans(of: stream, block: block))
      } else {
        timeline.endSpans()
      }
    case .finished:
      return
    }
  }
}

/// Walks the blocks of several streams, one stream after the other.
private struct BlockCursor {
  private let streams: [StreamID]
  private var stream = 0
  private var block = 0

  init(_ streams: [StreamID]) { self.streams = streams }

  mutating func next(in source: some AnalysisSource) -> (StreamID, Int)? {
    while stream < streams.count {
      if block < source.blockCount(of: streams[stream]) {
        block += 1
        return (streams[stream], block - 1)
      }
      stream += 1
      block = 0
    }
    return nil
  }
}
