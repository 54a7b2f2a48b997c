import SortieTrace

/// One vCPU: takes its round trips and its guest spans block by block and measures as it goes.
///
/// Use: until ``advance()`` says `.finished`, give it what it asks for. No more than one block of each stream is held.
struct VCPUTimeline {
  /// What the timeline cannot go on without.
  enum Need {
    /// The next block of round trips, or ``endRoundTrips()``.
    case roundTrips
    /// The next block of spans, or ``endSpans()``.
    case spans
    /// Nothing: both streams have ended.
    case finished
  }

  private(set) var table: CellTable
  private(set) var pairing: SpanPairing
  private(set) var time = VCPUTime()
  /// Returns of `KVM_RUN`, kicks included.
  private(set) var roundTrips: UInt64 = 0
  private(set) var kicks: UInt64 = 0
  /// Writes that KVM batched; no round trip of their own.
  private(set) var coalesced: UInt64 = 0
  /// Round trips of the guest whose reason this version does not know.
  private(set) var unknownReasons: UInt64 = 0
  /// Round trips without `u0`.
  private(set) var unstamped: UInt64 = 0

  private let losses: LossMap
  private var batch: [RoundTripRecord] = []
  private var position = 0
  private var roundTripsEnded = false
  private var spanBatch: [GuestSpanRecord] = []
  private var spanPosition = 0
  private var spansEnded = false
  private var hasBegun = false
  /// The last `u1`; nil while it is not known.
  private var lastEntry: UInt64?

  init(clock: GuestClock, losses: LossMap, cellLimit: Int) {
    table = CellTable(limit: cellLimit)
    pairing = SpanPairing(clock: clock, losses: losses)
    self.losses = losses
  }

  mutating func add(_ block: [RoundTripRecord]) {
    batch = block
    position = 0
  }

  mutating func add(_ block: [GuestSpanRecord]) {
    spanBatch = block
    spanPosition = 0
  }

  mutating func endRoundTrips() {
    roundTripsEnded = true
    pairing.endOfRoundTrips()
  }

  mutating func endSpans() {
    spansEnded = true
    pairing.endOfSpans()
  }

  /// Goes on as far as what it was given allows.
  mutating func advance() -> Need {
    while position < batch.count {
      guard place(batch[position]) else { return .spans }
      position += 1
    }
    guard roundTripsEnded else { return .roundTrips }
    while spanPosition < spanBatch.count { addSpan() }
    guard spansEnded else { return .spans }
    pairing.finish()
    return .finished
  }

  private mutating func addSpan() {
    pairing.add(spanBatch[spanPosition])
    spanPosition += 1
  }

  /// Measures a record; false if spans have to be known first.
  private mutating func place(_ record: RoundTripRecord) -> Bool {
    if record.flags.contains(.firstEntry) {
      begin(at: record.u1)
      lastEntry = record.u1
      pairing.firstEntry(at: record.u1)
      return true
    }
    if record.flags.contains(.coalesced) {
      coalesced += 1
      count(record)
      return true
    }
    guard record.u0 != 0 else {
      unstamped += 1
      roundTrips += 1
      lastEntry = nil
      count(record)
      return true
    }
    while pairing.needsSpan(before: record.u0) {
      guard spanPosition < spanBatch.count else { return false }
      addSpan()
    }
    let isKick = record.isKick
    roundTrips += 1
    if isKick {
      kicks += 1
    } else if KVMExitReason.suffix(of: record.reason) == nil {
      unknownReasons += 1
    }
    let cell = count(record)
    if record.u1 >= record.u0 { table.cells[cell].cycles.record(record.u1 - record.u0) }
    if record.d0 != 0, record.d1 >= record.d0 {
      table.cells[cell].deviceCycles &+= record.d1 - record.d0
      table.cells[cell].deviceCount &+= 1
    }
    account(record)
    pairing.add(u0: record.u0, u1: record.u1, site: table.cells[cell].site, isKick: isKick)
    return true
  }

  @discardableResult
  private mutating func count(_ record: RoundTripRecord) -> Int {
    let cell = table.cell(for: record)
    table.cells[cell].count &+= 1
    table.cells[cell].elements &+= UInt64(record.count)
    return cell
  }

  private mutating func begin(at tsc: UInt64) {
    guard !hasBegun else { return }
    hasBegun = true
    time.first = tsc
    time.last = tsc
  }

  private mutating func account(_ record: RoundTripRecord) {
    begin(at: record.u0)
    if let lastEntry, record.u0 >= lastEntry, !losses.overlaps(lastEntry, record.u0) {
      time.kvmRun &+= record.u0 - lastEntry
    }
    time.last = max(time.last, record.u0, record.u1)
    guard record.u1 >= record.u0 else {
      lastEntry = nil
      return
    }
    time.vmm &+= record.u1 - record.u0
    lastEntry = record.u1
  }
}
