import CLinuxKVM
import SortieTrace

/// What the run loop adds to a round trip in order to record it, beside two reads of the clock and nothing else.
///
/// The clock moves in steps of up to some tens of cycles on many hosts, so a sample is some round trips in a row. The
/// kinds take turns, so that a change of the processor's clock meets them alike, and the ring is as large as a machine's,
/// so that its memory is as cold as in a recording.
func measureStamps() throws(TraceError) {
  let capacity = 1 << 15
  let inARow = 16
  let ring = try RecordRing<RoundTripRecord>(capacity: capacity)
  var producer = ring.makeProducer()
  var bare: [Double] = []
  var two: [Double] = []
  var four: [Double] = []

  func sample(_ turn: (inout RingProducer<RoundTripRecord>) -> Void) -> Double {
    let start = sortie_rdtsc()
    for _ in 0..<inARow { turn(&producer) }
    return Double(sortie_rdtsc() &- start) / Double(inARow)
  }

  for index in 0..<20_000 {
    if index % (capacity / inARow / 2) == 0 { ring.drain { _ in } }
    bare.append(
      sample { _ in
        _ = sortie_rdtsc()
        _ = sortie_rdtsc()
      })
    two.append(
      sample { producer in
        var record = RoundTripRecord(u0: sortie_rdtsc())
        record.u1 = sortie_rdtsc()
        producer.push(record, tsc: record.u1)
      })
    four.append(
      sample { producer in
        var record = RoundTripRecord(
          u0: sortie_rdtsc(), physicalCPU: UInt16(truncatingIfNeeded: sortie_current_cpu()))
        record.d0 = sortie_rdtsc()
        record.d1 = sortie_rdtsc()
        record.u1 = sortie_rdtsc()
        producer.push(record, tsc: record.u1)
      })
  }
  figure("bare rdtsc pair", median(bare), digits: 1, "cycles")
  figure("two stamps and the ring store", median(two), digits: 1, "cycles")
  figure("four stamps, the CPU's number and the ring store", median(four), digits: 1, "cycles")
}
