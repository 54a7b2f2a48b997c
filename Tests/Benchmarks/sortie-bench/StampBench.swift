import CLinuxKVM
import SortieMachine
import SortieTrace

/// What the run loop adds to a round trip in order to record it, beside two reads of the clock and nothing else.
///
/// Each sample stands between two `rdtsc` of its own, so it holds the cost of one such read as well: that is what the
/// bare pair shows. The samples take turns, so that a change of the processor's clock meets them alike; the ring has the
/// machine's own size, so that its memory is as cold as in a recording.
func measureStamps() throws(TraceError) {
  let capacity = 1 << 15
  let ring = try RecordRing<RoundTripRecord>(capacity: capacity)
  var producer = ring.makeProducer()
  let samples = 8 * capacity
  var bare: [UInt64] = []
  var two: [UInt64] = []
  var four: [UInt64] = []
  bare.reserveCapacity(samples)
  two.reserveCapacity(samples)
  four.reserveCapacity(samples)
  for index in 0..<samples {
    // Two records a turn.
    if index % (capacity / 2) == 0 { ring.drain { _ in } }

    let bareStart = sortie_rdtsc()
    bare.append(sortie_rdtsc() &- bareStart)

    let twoStart = sortie_rdtsc()
    var record = RoundTripRecord(u0: sortie_rdtsc(), rip: twoStart)
    record.u1 = sortie_rdtsc()
    producer.push(record, tsc: record.u1)
    two.append(sortie_rdtsc() &- twoStart)

    let fourStart = sortie_rdtsc()
    record = RoundTripRecord(
      u0: sortie_rdtsc(), rip: fourStart, physicalCPU: UInt16(truncatingIfNeeded: sortie_current_cpu()))
    record.d0 = sortie_rdtsc()
    record.d1 = sortie_rdtsc()
    record.u1 = sortie_rdtsc()
    producer.push(record, tsc: record.u1)
    four.append(sortie_rdtsc() &- fourStart)
  }
  figure("bare rdtsc pair, median", "\(quantile(bare, 0.5))", "cycles")
  figure("two stamps and the ring store, median", "\(quantile(two, 0.5))", "cycles")
  figure("two stamps and the ring store, p99", "\(quantile(two, 0.99))", "cycles")
  figure("four stamps, the CPU's number and the ring store, median", "\(quantile(four, 0.5))", "cycles")
  figure("four stamps, the CPU's number and the ring store, p99", "\(quantile(four, 0.99))", "cycles")
}
