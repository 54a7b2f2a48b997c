import Testing

@testable import SortieTrace

@Suite struct GranularityTests {
  @Test(arguments: 0..<60) func quotientsAndRemaindersGiveTheResidualsBack(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let unit = 1 + random.next() % 100
    let offset = random.next() >> (random.next() % 64)
    let residuals = (0..<500).map { _ in
      random.next() % 30 == 0 ? random.next() : offset &+ unit &* (random.next() % 5000)
    }
    let granularity = Granularity(residuals)
    var rebuilt = granularity.quotients.map { granularity.origin &+ granularity.unit &* $0 }
    for (row, remainder) in granularity.remainders { rebuilt[row] &+= remainder }
    #expect(rebuilt == residuals, "seed \(seed)")
  }

  @Test func theStepOfATimeStampCounterIsFound() {
    var random = SeededGenerator(seed: 1)
    var residuals = (0..<2000).map { _ in 30_000 + 26 * (random.next() % 700) }
    residuals[0] = 1_234_567_890_123
    residuals[700] = 17
    let granularity = Granularity(residuals)
    #expect(granularity.unit == 26)
    #expect(granularity.remainders.count <= 2)
    #expect(Granularity((0..<2000).map { _ in random.next() % 10_000 }).unit == 1)
  }

  @Test func aTimeStampCounterInStepsTakesLessRoom() throws {
    func size(step: UInt64) throws -> Int {
      let directory = TemporaryDirectory()
      let path = directory.file("steps.sortie")
      var writer = try TraceFileWriter(path: path, identity: testIdentity)
      let records = plausibleRoundTrips(20_000, seed: 8).map { record in
        var record = record
        record.u0 -= record.u0 % step
        record.d0 -= record.d0 % step
        record.d1 -= record.d1 % step
        record.u1 -= record.u1 % step
        return record
      }
      try writer.append(records, StreamID(rawValue: 1))
      try writer.finish()
      var read: [RoundTripRecord] = []
      try TraceFile(path: path).forEachRoundTrip(of: StreamID(rawValue: 1)) { read.append($0) }
      #expect(read == records)
      return contents(of: path).count
    }
    // Three stamps lose log2(26) = 4.7 bits each, less what the entropy coder had already seen.
    #expect(try size(step: 26) + 20_000 < size(step: 1))
  }
}
