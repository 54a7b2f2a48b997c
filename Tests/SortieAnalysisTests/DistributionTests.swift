import Testing
import TraceFixtures

@testable import SortieAnalysis

@Suite struct DistributionTests {
  @Test(arguments: [1, 9, 10, 99, 100, 256, 257, 999, 1000, 20_000])
  func percentilesAreThoseOfTheSortedValues(count: Int) throws {
    var random = SeededGenerator(state: UInt64(count))
    var distribution = Distribution()
    var values: [UInt64] = []
    for _ in 0..<count {
      // Skewed over nine orders of magnitude, as costs are.
      let value = UInt64.random(in: 1...999, using: &random) << UInt64.random(in: 0...30, using: &random)
      values.append(value)
      distribution.record(value)
    }
    values.sort()
    let summary = distribution.summary
    for (perMille, found, least) in [
      (500, summary.p50, 1), (900, summary.p90, 10), (990, summary.p99, 100), (999, summary.p999, 1000),
    ] {
      guard count >= least else {
        #expect(found == nil)
        continue
      }
      let rank = (count * perMille + 999) / 1000
      let exact = Double(values[rank - 1])
      let error = abs(Double(try #require(found)) - exact) / exact
      #expect(error <= (count <= Distribution.exactLimit ? 0 : 0.001), "\(perMille) per mille of \(count)")
    }
    #expect(summary.maximum == values.last)
    #expect(summary.sum == values.reduce(0, +))
    #expect(summary.count == UInt64(count))
  }

  @Test func nothingMeasuredIsNothingKnown() {
    let summary = Distribution().summary
    #expect(summary.p50 == nil && summary.maximum == nil && summary.mean == nil)
  }

  @Test(arguments: [(3, 5), (3, 500), (500, 3), (300, 400)]) func addingIsRecordingBoth(
    first: Int, second: Int
  ) {
    var a = Distribution()
    var b = Distribution()
    var both = Distribution()
    for value in 0..<first {
      a.record(UInt64(value * 7))
      both.record(UInt64(value * 7))
    }
    for value in 0..<second {
      b.record(UInt64(value * 1000 + 3))
      both.record(UInt64(value * 1000 + 3))
    }
    a.add(b)
    #expect(a.summary == both.summary)
  }

  @Test func valuesBeyondTheRangeKeepTheirMaximumAndOverflowNothing() {
    var distribution = Distribution()
    for _ in 0..<300 { distribution.record(.max) }
    #expect(distribution.summary.maximum == .max)
    #expect(distribution.summary.sum == .max)
    #expect(distribution.summary.p50 != nil)
  }
}
