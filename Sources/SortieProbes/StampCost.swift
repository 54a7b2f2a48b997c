internal import CLinuxKVM
public import SortieTrace

/// What the machine monitor's own stamps cost, measured on this host now.
public struct StampCost: Sendable {
  /// Median cycles of the four stamps of a round trip and the store of its record, without `KVM_RUN`.
  public let roundTrip: UInt64
  /// Median cycles of two bare `rdtsc` in a row: what of the figure above is the reading of the clock.
  public let barePair: UInt64

  private static let repetitions = 2000

  /// Measures both, interleaved: some hundred microseconds.
  ///
  /// - Throws: ``TraceError/memory(bytes:_:)``.
  public init() throws(TraceError) {
    let ring = try RecordRing<RoundTripRecord>(capacity: Self.repetitions)
    var producer = ring.makeProducer()
    var recorded: [UInt64] = []
    var bare: [UInt64] = []
    recorded.reserveCapacity(Self.repetitions)
    bare.reserveCapacity(Self.repetitions)
    for _ in 0..<Self.repetitions {
      let start = sortie_rdtsc()
      var record = RoundTripRecord(u0: sortie_rdtsc(), rip: start)
      record.physicalCPU = UInt16(truncatingIfNeeded: sortie_current_cpu())
      record.d0 = sortie_rdtsc()
      record.d1 = sortie_rdtsc()
      record.u1 = sortie_rdtsc()
      producer.push(record, tsc: record.u1)
      let end = sortie_rdtsc()
      let second = sortie_rdtsc()
      recorded.append(end &- start)
      bare.append(second &- end)
    }
    roundTrip = Self.median(recorded)
    barePair = Self.median(bare)
  }

  private static func median(_ values: [UInt64]) -> UInt64 { values.sorted()[values.count / 2] }
}
