import Testing
import WorkloadCatalog

@Suite struct ReadyComparisonTests {
  @Test func namesAreUnique() {
    #expect(Set(ReadyComparison.all.map(\.name)).count == ReadyComparison.all.count)
    for comparison in ReadyComparison.all {
      #expect(Set(comparison.variants.map(\.name)).count == comparison.variants.count)
      #expect(comparison.variants.count > 1)
      for variant in comparison.variants {
        #expect(variant.prediction.count <= 400, "\(variant.name): reports cut what is longer")
      }
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

  private static let transfers = ReadyComparison.all.filter { $0.name != "doorbell" }.flatMap { comparison in
    comparison.variants.map { (comparison.name, $0.name) }
  }

  /// What an option stands before in the words of a variant.
  private static func values(_ option: String, _ variant: ReadyComparison.Variant) -> [String] {
    zip(variant.options, variant.options.dropFirst()).filter { $0.0 == option }.map(\.1)
  }

  /// Heavy and light exits that the catalog expects of a run of so many operations.
  private static func exits(
    _ variant: ReadyComparison.Variant, _ workload: Workload, _ iterations: UInt64
  ) -> (heavy: ClosedRange<Double>, light: ClosedRange<Double>) {
    var host = HostKind(.svm)
    host.irqchip = values("--irqchip", variant).first == "split" ? .split : .kernel
    let expectation = workload.expectation(
      on: host, parameters: values("--parameter", variant).compactMap { UInt64($0) },
      kick: values("--kick", variant).first == "exit" ? .exit : .ioeventfd)
    func sum(_ counts: [HardwareExit: ExpectedCount]) -> ClosedRange<Double> {
      var (least, most) = (0.0, 0.0)
      for count in counts.values {
        let total = count.total(iterations: iterations)
        least += Double(total.lowerBound)
        most += Double(total.upperBound)
      }
      return least...most
    }
    return (sum(expectation.heavyExits), sum(expectation.lightExits))
  }

  /// Of each operation, without the set-up.
  @Test(arguments: transfers)
  func aTransfersPredictionHoldsWhatTheCatalogExpects(comparison: String, name: String) throws {
    let variant = try #require(ReadyComparison.named(comparison)?.variant(name))
    let workload = try #require(Workload.named(variant.workload))
    let (few, many) = (variant.iterations, 100 * variant.iterations)
    let first = Self.exits(variant, workload, few)
    let second = Self.exits(variant, workload, many)
    func each(_ first: ClosedRange<Double>, _ second: ClosedRange<Double>) -> ClosedRange<Double> {
      let operations = Double(many - few)
      let least = (second.lowerBound - first.lowerBound) / operations
      return least...(second.upperBound - first.upperBound) / operations
    }
    let heavy = each(first.heavy, second.heavy)
    #expect(heavy.overlaps(variant.heavy), "\(heavy)")
    if comparison == "irqchip" { #expect(heavy.lowerBound == variant.heavy.lowerBound) }
    if let light = variant.light {
      let expected = each(first.light, second.light)
      #expect(expected.overlaps(light), "\(expected)")
    }
  }
}
