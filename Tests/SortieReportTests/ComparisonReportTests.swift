import FoundationEssentials
import SortieAnalysis
import SortieGate
import SortieReport
import Testing
import TraceFixtures

private func side(_ name: String, _ change: (inout ComparedTrace) -> Void = { _ in }) -> ComparedSide {
  var trace = ComparedTrace()
  change(&trace)
  var side = ComparedSide(name)
  side.add(analyze(trace.trace))
  return side
}

/// A heavy and a light doorbell with the kernel's events.
private func doorbells() -> TraceComparison {
  TraceComparison(
    [
      side("a.sortie") { $0.hasKernelEvents = true },
      side("b.sortie") {
        $0.hasKernelEvents = true
        $0.isHeavy = false
      },
    ], obstacles: [])
}

private func experiment(_ names: [String] = ["pio-write", "pio-ioeventfd"]) -> VariantExperiment {
  var experiment = VariantExperiment(comparison: "doorbell", operation: "ring", seed: 7)
  experiment.variants = names.map {
    MeasuredVariant($0, command: [$0], prediction: "as it says", heavy: 1...1, light: 0...0)
  }
  experiment.blocks = 12
  return experiment
}

@Suite struct ComparisonReportTests {
  @Test func theWholeTextIsAsCheckedByHand() {
    #expect(textComparison(doorbells(), colour: false) == goldenComparison)
  }

  @Test func noLineIsWiderThanTheTerminal() {
    for width in [80, 110] {
      let text = textComparison(doorbells(), experiment(), colour: false, width: width)
      #expect(text.split(separator: "\n").allSatisfy { $0.count <= width })
    }
  }

  @Test func aSentenceNamesWhatDiffersMost() {
    let text = textComparison(doorbells(), colour: false, width: 2000)
    #expect(
      text.contains(
        "B b.sortie against A a.sortie: the exits differ most in heavy pio write 0xe0/4: 1.00 in A, none in B"
      ))
    #expect(text.contains("differ most in heavy pio write 0xe0/4: -900 of each operation, 56.3 %."))
    #expect(text.contains("stage 3 (kernel)") == false, "stages are named with their numbers")
    #expect(text.contains("3 (kernel) differs most: +500 cycles"))
  }

  @Test func stagesAreOfAnOperationWhereTheGuestStampsSeveralAtOnce() throws {
    let comparison = TraceComparison(
      [
        side("a") { $0.hasKernelEvents = true },
        side("b") {
          $0.hasKernelEvents = true
          $0.attributes["io_operations"] = "8000"
        },
      ], obstacles: [])
    // Of 400 cycles in the VMM an eighth.
    let text = textComparison(comparison, colour: false, width: 2000)
    #expect(text.contains("Of the stages of an operation 4 (VMM) differs most: -350 cycles"))
    let stages = try #require(try document(comparison)["sides"]?.elements[1]["runs"]?.elements[0]["stages"])
    #expect(stages["vmm_cycles"] == .number(50), "\(stages)")
  }

  @Test func whatIsOutsideOfTheGuestsStampsIsSaid() throws {
    let comparison = TraceComparison([side("a") { $0.operations = 10 }, side("b")], obstacles: [])
    let text = textComparison(comparison, colour: false, width: 2000)
    #expect(text.contains("outside of the guest's stamps") && text.contains("0.10 in A."))
    #expect(text.contains("Exits of whole runs.") && text.contains("Site by site; "))
    var scoped = ComparedTrace()
    scoped.operations = 10
    var inside = ComparedSide("c")
    inside.add(analyze(scoped.trace, sites: .guestSpans))
    let other = TraceComparison([inside, inside], obstacles: [])
    let words = textComparison(other, colour: false, width: 2000)
    #expect(
      words.contains("Site by site, between the guest's stamps; ") && words.contains("0.10 in A, 0.10 in B."))
    #expect(try document(other)["site_scope"] == .text("guest_spans"))
  }

  @Test func hostsThatDifferStandSideBySideAndCyclesAreNotCompared() throws {
    let sides = [side("a"), side("b") { $0.host["kernel"] = "6.1.0" }]
    let differences = Comparability.differences(
      old: sides[0].host.values, new: sides[1].host.values, words: ("in A", "in B"))
    let comparison = TraceComparison(sides, obstacles: differences)
    let text = textComparison(comparison, colour: false, width: 2000)
    #expect(
      text.contains("No difference in cycles is computed: another kernel: 6.18.0 in A, 6.1.0 in B."))
    #expect(text.contains("A Host: AMD EPYC, Linux 6.18.0") && text.contains("B Host: AMD EPYC, Linux 6.1.0"))
    let document = try document(comparison)
    #expect(document["cycle_obstacles"]?.elements.count == 1)
    for site in try #require(document["sites"]).elements {
      for cell in try #require(site["sides"]).elements { #expect(cell["cycles_difference"] == .null) }
    }
  }

  @Test func whereGuestCodeIsEmulatedNoSpeedUpIsPrintedAndItSaysWhy() throws {
    let emulated = { (name: String) in side(name) { $0.host["emulated_guest_code"] = "true" } }
    let comparison = TraceComparison([emulated("a"), emulated("b")], obstacles: [])
    let text = textComparison(comparison, colour: false, width: 2000)
    #expect(text.contains("This KVM emulates guest code"))
    #expect(text.contains("no speed-up and no operations a second are printed"))
    #expect(!text.contains("op/s"))
    #expect(
      textComparison(TraceComparison([side("a"), side("b")], obstacles: []), colour: false).contains("op/s"))
    let run = try #require(document(comparison)["sides"]?.elements[0]["runs"]?.elements.first)
    #expect(run["operations_per_second"] == .null)
  }

  @Test func whatIsUnknownIsNullAndNotZero() throws {
    let comparison = TraceComparison(
      [
        side("a") {
          $0.hasKernelEvents = true
          $0.isHeavy = false
        }, side("b") { $0.attributes["outcome"] = "timeout" },
      ], obstacles: [])
    let document = try document(comparison)
    #expect(document["schema"] == .text("sortie.compare/2"))
    #expect(document["experiment"] == .null)
    let runs = try #require(document["sides"]).elements.compactMap { $0["runs"]?.elements.first }
    #expect(runs[1]["operations"] == .null && runs[1]["light"] == .null)
    #expect(runs[1]["heavy_per_operation"] == .null && runs[1]["stages"] == .null)
    let light = try #require(document["sites"]?.elements.first { $0["class"] == .text("light") })
    let cells = try #require(light["sides"]).elements
    #expect(cells[1]["exits"] == .null && cells[1]["is_present"] == .bool(false))
    #expect(textComparison(comparison, colour: false).contains("unknown, not none"))
  }

  @Test func everyKeyOfTheDocumentStandsInTheSchema() throws {
    var experiment = experiment()
    experiment.effects = VariantEffect.all(
      [("pio-write", [[1000, 1000]]), ("pio-ioeventfd", [[500, 500]])], seed: 1)
    experiment.leftOut = [LeftOutVariant("hypercall", reason: "no", isUnsupported: true)]
    experiment.disagreements = OutputDisagreement.all([("a", ["io_bytes": ["1"]]), ("b", [:])])
    experiment.wrongTransfers = [("a", "block 3")]
    experiment.variants[0].kernelEvents = ["kvm_pio": 1]
    experiment.conditions = ["steal": "0 %"]
    let schema = try schemaText("SortieReport/Comparison") + schemaText()
    for key in try document(doorbells(), experiment).keys {
      #expect(schema.contains("`\(key)`"), "\(key) is not documented")
    }
  }

  @Test func dataThatDifferFailTheComparisonByName() {
    var experiment = experiment()
    experiment.disagreements = OutputDisagreement.all([
      ("disk-ide-pio", ["io_read_checksum": ["0x1a"]]), ("disk-virtio", ["io_read_checksum": ["0x2b"]]),
    ])
    experiment.wrongTransfers = [("disk-virtio", "block 3 is not what was written")]
    for text in [
      textComparison(doorbells(), experiment, colour: false, width: 2000),
      markdownComparison(doorbells(), experiment).replacing("\\", with: ""),
    ] {
      #expect(text.contains("FAILED: disk-virtio did not transfer what its plan says: block 3"))
      #expect(text.contains("io_read_checksum: 0x1a of disk-ide-pio; 0x2b of disk-virtio"))
      // Nothing is concluded of it.
      #expect(!text.contains("differ most") && !text.contains("Exits by reason"))
    }
  }

  @Test func exitsStandBesideThePredictionAndSayWhetherTheyAreThat() {
    let text = textComparison(doorbells(), experiment(), colour: false, width: 200)
    let lines = text.split(separator: "\n")
    #expect(
      lines.contains { $0.hasPrefix("A pio-write") && $0.hasSuffix("as predicted") && !$0.contains("NOT") })
    #expect(lines.contains { $0.hasPrefix("B pio-ioeventfd") && $0.hasSuffix("NOT AS PREDICTED") })
    // Counts come before cycles.
    let headings = ["Exits of each operation", "Exits by reason", "Whole runs", "Site by site"]
    let places = headings.compactMap { heading in lines.firstIndex { $0.hasPrefix(heading) } }
    #expect(places.count == headings.count && places == places.sorted())
  }

  @Test func aSentenceSaysWhichSideIsDearerAndOfWhatIsNotShownNothingMore() throws {
    func text(_ cycles: UInt64, blocks: Int = 12) -> String {
      var experiment = experiment(["a.sortie", "b.sortie"])
      let base = (0..<blocks).map { [1400 + UInt64($0), 1404 - UInt64($0 % 3)] }
      experiment.effects = VariantEffect.all(
        [("a.sortie", base), ("b.sortie", base.map { $0.map { $0 * cycles / 1400 } })], seed: 1)
      return textComparison(doorbells(), experiment, colour: false, width: 2000)
    }
    let cheaper = text(700)
    #expect(cheaper.contains("Its own take fewer than the cycles of A's operations: ×0.500"), "\(cheaper)")
    #expect(cheaper.contains("Cycles of exits") && cheaper.contains("Of the stages of an operation"))
    let same = text(1400)
    #expect(same.contains("No difference from the cycles of A's operations is shown: ×1.000"), "\(same)")
    #expect(same.contains("the exits differ most") && !same.contains("Cycles of exits"))
    #expect(text(700, blocks: 6).contains("6 blocks are too few to rule chance out"))
  }

  @Test func namesCannotBreakOutOfATableOrIntoATerminal() {
    let comparison = TraceComparison(
      [side("a|<b>\u{1b}[31m"), side("b`") { $0.workload = "x|\u{1b}]0;" }], obstacles: ["<i>\u{1b}"])
    var experiment = experiment(["v|<u>\u{1b}", "w"])
    experiment.leftOut = [LeftOutVariant("l<s>", reason: "\u{1b}|", isUnsupported: false)]
    #expect(!textComparison(comparison, experiment, colour: false).contains("\u{1b}"))
    let markdown = markdownComparison(comparison, experiment)
    #expect(!markdown.contains("\u{1b}"))
    for tag in ["<b>", "<i>", "<u>", "<s>"] { #expect(!markdown.replacing("\\<", with: "").contains(tag)) }
    #expect(markdown.contains("a\\|\\<b\\>"))
  }

  private func document(
    _ comparison: TraceComparison, _ experiment: VariantExperiment? = nil
  ) throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: Data(jsonComparison(comparison, experiment)))
  }
}
