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
      on: host, parameters: variant.parameters,
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

  @Test func anotherPlanIsPredictedAnew() throws {
    func heavy(_ comparison: String, _ variant: String, _ change: (inout PlanChange) -> Void) throws
      -> ClosedRange<Double>
    {
      var plan = PlanChange()
      change(&plan)
      let changed = try #require(ReadyComparison.named(comparison)).changed(by: plan)
      return try #require(changed.variant(variant)).heavy(of: 64, on: HostKind(.svm))
    }
    #expect(try heavy("disk", "disk-ide-pio") { ($0.bytes, $0.writePercent) = (4096, 0) } == 22...30)
    #expect(try heavy("disk", "disk-ide-pio") { ($0.bytes, $0.writePercent) = (4096, 100) } == 2063...2063)
    #expect(try heavy("disk", "disk-ide-dma") { $0.bytes = 4096 } == 13...13)
    #expect(try heavy("disk", "disk-virtio") { $0.bytes = 4096 } == 0...0)
    #expect(try heavy("disk", "disk-virtio-exit-32") { $0.isSequential = true } == 0...0.03125)
    #expect(try heavy("console", "console-16550") { $0.bytes = 100 } == 107...107)
    #expect(try heavy("irqchip", "e1000-split") { $0.bytes = 64 } == 7...7)
  }

  @Test func anotherPlanIsOfAllVariantsAlikeAndNoneIsNoChange() throws {
    let disk = try #require(ReadyComparison.named("disk"))
    var plan = PlanChange()
    #expect(disk.changed(by: plan).variants.map(\.parameters) == disk.variants.map(\.parameters))
    (plan.bytes, plan.seed, plan.writePercent) = (1024, 9, 30)
    plan.isSequential = true
    let changed = disk.changed(by: plan)
    #expect(changed.operation == "read or write 1024 bytes")
    #expect(changed.variants.allSatisfy { $0.parameters.prefix(4) == [1024, 9, 30, 1] })
    #expect(changed.variant("disk-virtio-32")?.parameters.last == 32)
    #expect(ReadyComparison.all.filter(\.isOfDisks).map(\.name) == ["disk"])
    #expect(ReadyComparison.all.filter { !$0.hasPlan }.map(\.name) == ["doorbell"])
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
    let predicted = variant.heavy(of: many, on: HostKind(.svm))
    #expect(heavy.overlaps(predicted), "\(heavy)")
    #expect(variant.heavy.contains(predicted))
    if comparison == "irqchip" { #expect(heavy.lowerBound == predicted.lowerBound) }
    if let light = variant.light {
      let expected = each(first.light, second.light)
      #expect(expected.overlaps(light), "\(expected)")
    }
  }
}
