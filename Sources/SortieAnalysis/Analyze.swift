import SortieTrace

/// Analyses a trace in one pass per vCPU, in memory that does not grow with its length.
///
/// - Parameter scope: which exits its sites, reasons and instructions are of. Counts of VMs and vCPUs, of hardware reasons, and
///   where the time went are of whole runs always, and so is all where no guest stamps are on the host's clock.
///
/// Throws what the source throws.
public func analyze<Source: AnalysisSource>(
  _ source: Source, sites scope: SiteScope = .wholeRuns
) throws(Source.Failure) -> Analysis {
  let inputs = try TraceTables(source)
  var result = AnalysisBuilder(inputs, sites: inputs.isAggregate ? .wholeRuns : scope)
  if inputs.isAggregate { result.add(try Aggregate(source)) }
  for vcpu in inputs.vcpus where !inputs.isAggregate {
    let kernelLosses = inputs.kernelLossMap(of: vcpu)
    var timeline = VCPUTimeline(
      clock: inputs.clock(vm: vcpu.vm, vcpu: vcpu.vcpu),
      losses: vcpu.isAttached ? kernelLosses : inputs.lossMap(of: vcpu),
      kernelLosses: kernelLosses,
      episodes: inputs.kernelStreams.isEmpty
        ? nil
        : EpisodePairing(
          losses: kernelLosses, tscKilohertz: inputs.tscKilohertz,
          hasSwitchStamps: inputs.kernelEvents.hasSwitchStamps,
          hasThreadSwitches: inputs.kernelEvents.hasThreadSwitches, account: inputs.account(of: vcpu)?.window,
          trips: inputs.trips, isImported: inputs.isImported),
      cellLimit: result.remainingCells, lightLimit: result.remainingLight, scope: result.siteScope,
      isAttached: vcpu.isAttached, trips: inputs.trips)
    if vcpu.isAttached, !inputs.trips.isTimed {
      try readEvents(vcpu, inputs, from: source, into: &timeline)
    } else if vcpu.isAttached {
      result.add(try readAttached(vcpu, inputs, kernelLosses, from: source, into: &timeline), of: vcpu)
    } else {
      try read(vcpu, inputs, from: source, into: &timeline)
    }
    result.add(timeline, of: vcpu)
  }
  var analysis = result.analysis()
  // Where no guest stamp could be put on the host's clock, nothing is known to lie between two.
  let placed = analysis.vcpus.reduce(0) { $0 &+ ($1.pairing.spans &- $1.pairing.spansUnaligned) }
  if result.siteScope == .guestSpans, placed == 0 { return try analyze(source) }
  analysis.origin = try inputs.origin(in: source)
  return analysis
}

private func read<Source: AnalysisSource>(
  _ vcpu: VCPUStreams, _ inputs: TraceTables, from source: Source, into timeline: inout VCPUTimeline
) throws(Source.Failure) {
  var roundTrips = BlockCursor(vcpu.roundTrips)
  var spans = BlockCursor(vcpu.spans)
  var kernel = KernelMerge(
    inputs.kernelStreams, of: VCPUThreads.VCPU(vm: vcpu.vm, vcpu: vcpu.vcpu), reader: inputs.kernelEvents,
    window: window(of: vcpu, inputs.account(of: vcpu), in: source), begins: inputs.begins)
  var beginning = Beginning(inputs, vcpu)
  while true {
    switch timeline.advance() {
    case .roundTrips:
      if let (stream, block) = roundTrips.next(in: source) {
        timeline.add(beginning.trim(try source.roundTrips(of: stream, block: block)))
      } else {
        timeline.endRoundTrips()
      }
    case .spans:
      if let (stream, block) = spans.next(in: source) {
        timeline.add(beginning.trim(try source.guestSpans(of: stream, block: block)))
      } else {
        timeline.endSpans()
      }
    case .kernelEvents:
      let batch = try kernel.next(in: source)
      if batch.isEmpty { timeline.endKernelEvents() } else { timeline.add(batch) }
    case .finished:
      return
    }
  }
}

/// The same of a vCPU that no machine monitor stamped; the system calls that its thread made between round trips.
private func readAttached<Source: AnalysisSource>(
  _ vcpu: VCPUStreams, _ inputs: TraceTables, _ losses: LossMap, from source: Source,
  into timeline: inout VCPUTimeline
) throws(Source.Failure) -> SystemCallTable {
  var kernel = KernelMerge(
    inputs.kernelStreams, of: VCPUThreads.VCPU(vm: vcpu.vm, vcpu: vcpu.vcpu), reader: inputs.kernelEvents,
    window: 0...(.max), begins: inputs.begins)
  var trips = SystemCallTrips(losses: losses)
  timeline.endSpans()
  while true {
    switch timeline.advance() {
    case .roundTrips, .kernelEvents:
      let batch = try kernel.next(in: source)
      timeline.add(batch.isEmpty ? trips.finish() : trips.take(batch))
      if batch.isEmpty {
        timeline.endRoundTrips()
        timeline.endKernelEvents()
      }
    case .spans, .finished: return trips.calls
    }
  }
}

/// The same of a vCPU whose system calls were not recorded either.
private func readEvents<Source: AnalysisSource>(
  _ vcpu: VCPUStreams, _ inputs: TraceTables, from source: Source, into timeline: inout VCPUTimeline
) throws(Source.Failure) {
  var kernel = KernelMerge(
    inputs.kernelStreams, of: VCPUThreads.VCPU(vm: vcpu.vm, vcpu: vcpu.vcpu), reader: inputs.kernelEvents,
    window: 0...(.max))
  timeline.endSpans()
  while true {
    switch timeline.advance() {
    // None ever comes, so every event of the kernel can be placed at once.
    case .roundTrips: timeline.endRoundTrips()
    case .kernelEvents:
      let batch = try kernel.next(in: source)
      if batch.isEmpty { timeline.endKernelEvents() } else { timeline.add(batch) }
    case .spans, .finished: return
    }
  }
}

/// The time that the round trips of a vCPU and the scheduler's `account` of its thread cover, host TSC; all time where a
/// block does not say.
private func window(
  of vcpu: VCPUStreams, _ account: SchedulerAccount?, in source: some AnalysisSource
) -> ClosedRange<UInt64> {
  var window = account?.window
  for stream in vcpu.roundTrips {
    for block in 0..<source.blockCount(of: stream) {
      guard let range = source.range(of: stream, block: block) else { return 0...(.max) }
      window =
        window.map { min($0.lowerBound, range.lowerBound)...max($0.upperBound, range.upperBound) } ?? range
    }
  }
  return window ?? 0...(.max)
}

/// Takes away what stands before all streams have all their events.
private struct Beginning {
  private let tsc: UInt64
  private var clock: GuestClock
  private var hasBegun: Bool

  init(_ inputs: TraceTables, _ vcpu: VCPUStreams) {
    tsc = inputs.begins
    clock = inputs.clock(vm: vcpu.vm, vcpu: vcpu.vcpu)
    hasBegun = tsc == 0
  }

  /// Round trips in the order of recording. What has no stamp is where it stands.
  mutating func trim(_ block: [RoundTripRecord]) -> [RoundTripRecord] {
    guard !hasBegun else { return block }
    guard let first = block.firstIndex(where: { ($0.u0 == 0 ? $0.u1 : $0.u0) >= tsc }) else { return [] }
    hasBegun = true
    return Array(block[first...])
  }

  mutating func trim(_ block: [GuestSpanRecord]) -> [GuestSpanRecord] {
    guard tsc > 0 else { return block }
    return block.filter { span in clock.hostTime(span.g0).map { $0 >= tsc } ?? true }
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
