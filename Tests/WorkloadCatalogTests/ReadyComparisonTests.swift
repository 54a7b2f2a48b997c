import Testing
import WorkloadCatalog

@Suite struct ReadyComparisonTests {
  @Test func namesAreUnique() {
    #expect(Set(ReadyComparison.all.map(\.name)).count == ReadyComparison.all.count)
    for comparison in ReadyComparison.all {
      #expect(Set(comparison.variants.map(\.name)).count == comparison.variants.count)
      #expect(comparison.variants.count > 1)
    }
  }

  /// The prediction and the catalog were written down apart, so that a slip of the pen in one of them shows.
  @Test(arguments: ReadyComparison.named("doorbell")?.variants.map(\.name) ?? [])
  func aDoorbellsPredictionIsWhatTheCatalogExpects(name: String) throws {
    let variant = try #require(ReadyComparison.named("doorbell")?.variant(name))
    let workload = try #require(Workload.named(variant.workload))
    let expectation = workload.expectation(on: HostKind(.svm))
    let trips = expectation.roundTripTotal(iterations: variant.iterations)
    // The last one is the debug exit.
    #expect(Double(trips.lowerBound - 1) / Double(variant.iterations) == variant.heavy.lowerBound)
    let light = expectation.lightExits.values.map { $0.total(iterations: variant.iterations).lowerBound }
    #expect(Double(light.reduce(0, +)) / Double(variant.iterations) == variant.light?.lowerBound ?? 0)
  }
}
