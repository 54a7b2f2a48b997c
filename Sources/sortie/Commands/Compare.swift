import ArgumentParser
import SortieAnalysis
import SortieGate
import SortieReport
import SystemPackage
import WorkloadCatalog

/// `sortie compare`.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "What makes one trace dearer than another; or several ways to do the same, measured against each other.",
    discussion: """
      Two traces or more are compared site by site: what an exit was about, light or heavy. Each site stands with its exits \
      and cycles on every side, with their difference from the first trace, and with its part in all that differs; what only one \
      side has is shown as such, and what a trace cannot tell is unknown, never 0. Where all know how many operations their guest \
      performed, exits and cycles are of each operation; --per says it for them. Traces whose hosts, kernels or nesting levels \
      differ are compared in their exits, not in their cycles. Traces that hold several workloads, as the standard set does, are \
      compared workload by workload.

      READY COMPARISONS
      \(ReadyComparison.all.map { "  \($0.name): \($0.variants.map(\.name).joined(separator: ", "))" }.joined(separator: "\n"))

      A ready comparison records its variants itself. Each runs once, with --detail, to see that this host can run it and that \
      its guest does what the others' do: variants that transfer data must agree in its checksums. Then come blocks: all \
      variants in random order and back, each run in a fresh virtual machine of a freshly started program. The report begins \
      with exits of each operation, light and heavy, beside what the specification predicts, for they mean the same on every \
      host; then cycles, with the stages of an exit where the kernel's events tell them, and how surely the variants differ from \
      the first one (bootstrap over blocks, permutation test, Holm's correction). On a host that emulates guest code no \
      speed-up is printed: it would be the emulator's. Size, seed, mix and order of a plan can be given (`sortie io-plan \
      --help` has what a plan consists of); for another depth record each device with --parameter, and compare the traces.

      Sources/SortieReport/Comparison/SCHEMA.md says what the keys of --json mean.

      EXIT STATUS
        0    compared
        1    guests of one plan did not transfer the same data: the comparison does not hold
        2    the command line is wrong
        4    not comparable, or it could not be measured: the message says why
        130  a signal ended it; what was measured until then is reported
      """)

  @Argument(
    help: ArgumentHelp("Traces, or the name of a ready comparison.", valueName: "file.sortie|comparison"))
  var subjects: [String]

  @Option(
    help: ArgumentHelp(
      "Operations that the guests performed, for traces that do not say: one number for all, or one for each, with commas.",
      valueName: "n,…"))
  var per: String?

  @Flag(
    help:
      "Of traces, compare only exits between the guest's stamps: its operations', as ready comparisons do.")
  var betweenStamps = false

  @Option(
    help: ArgumentHelp(
      "Variants to measure, with commas, the first being what the others are compared with; all by default. One that stands twice is held against itself.",
      valueName: "names"))
  var variants: String?

  @Option(help: ArgumentHelp("Blocks to measure, at most; 12 by default.", valueName: "n"))
  var blocks: Int?

  @Option(
    help: ArgumentHelp(
      "Seconds to measure for, at about, and one block at the least; 60 by default.", valueName: "seconds"))
  var budget: Double?

  @Option(help: ArgumentHelp("Operations of a run; else each variant's own number.", valueName: "n"))
  var iterations: UInt64?

  @OptionGroup(title: "Plan of a ready comparison, of all variants alike") var plan: PlanOptions

  @Option(
    help: ArgumentHelp("Seed of the order; without it one is drawn and printed.", valueName: "n"))
  var seed: UInt64?

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("Keep the traces of a ready comparison in a directory.", valueName: "directory"))
  var directory: String?

  @Option(
    help: ArgumentHelp(
      "Inject what is to be injected into this variant only.", valueName: "variant", visibility: .hidden))
  var injectInto: String?

  @Flag(help: "Print JSON.")
  var json = false

  @Option(help: ArgumentHelp("Also write the comparison as Markdown.", valueName: "file.md"))
  var markdown: String?

  @OptionGroup(title: "Machines of a ready comparison") var placement: PlacementOptions

  @OptionGroup(title: "Injected slowdowns and wrong data, to prove that they are seen", visibility: .hidden)
  var injection: InjectionOptions

  /// The ready comparison that is asked for; nil: traces.
  private var ready: ReadyComparison? {
    subjects.count == 1 ? ReadyComparison.named(subjects[0])?.changed(by: plan.change) : nil
  }

  func validate() throws {
    if let budget, !(budget > 0 && budget <= 604_800) {
      throw ValidationError("--budget \(budget): above 0 and at most 604800 seconds, a week")
    }
    if let blocks, !(1...10_000).contains(blocks) {
      throw ValidationError("--blocks \(blocks): from 1 to 10000")
    }
    if let iterations, iterations == 0 { throw ValidationError("--iterations must be at least 1") }
    if let ready {
      if per != nil {
        throw ValidationError("--per goes with traces; a ready comparison counts its operations")
      }
      if betweenStamps {
        throw ValidationError("--between-stamps goes with traces; a ready comparison does so anyway")
      }
      let chosen = try chosen(ready)
      if chosen.count < 2 { throw ValidationError("--variants: name two at the least") }
      try plan.validate(for: ready)
      if let injectInto, !chosen.contains(where: { $0.name == injectInto }) {
        throw ValidationError("--inject-into \(injectInto): no variant that is measured")
      }
      return
    }
    if subjects.count < 2 {
      let names = ReadyComparison.all.map(\.name).joined(separator: ", ")
      throw ValidationError(
        "\(subjects.first ?? ""): name two traces or more, or one ready comparison: \(names)")
    }
    if subjects.count > Self.mostTraces {
      throw ValidationError("\(subjects.count) traces: at most \(Self.mostTraces) are compared")
    }
    if plan.change != PlanChange() {
      throw ValidationError("--bytes, --plan-seed, --writes and --sequential go with a ready comparison")
    }
    let ofMeasuring = [
      ("--variants", variants != nil), ("--iterations", iterations != nil), ("--output", directory != nil),
      ("--seed", seed != nil), ("--blocks", blocks != nil), ("--budget", budget != nil),
      ("--pin", placement.pin != nil), ("--memory", placement.givenMemory != nil),
      ("--inject-…", !injection.words.isEmpty), ("--inject-into", injectInto != nil),
    ]
    if let option = ofMeasuring.first(where: \.1) {
      throw ValidationError("\(option.0) goes with a ready comparison, not with traces")
    }
    let operations = try operations()
    if operations.count > 1, operations.count != subjects.count {
      throw ValidationError("--per \(per ?? ""): one number, or one for each of the \(subjects.count) traces")
    }
  }

  private static let mostTraces = 26

  private func operations() throws -> [UInt64] {
    try (per ?? "").split(separator: ",").map { word in
      guard let number = UInt64(word), number > 0 else {
        throw ValidationError("--per \(per ?? ""): \"\(word)\" is no number of operations")
      }
      return number
    }
  }

  private func chosen(_ ready: ReadyComparison) throws -> [ReadyComparison.Variant] {
    guard let variants else { return ready.variants }
    return try variants.split(separator: ",").map { name in
      guard let variant = ready.variant(String(name)) else {
        let names = ready.variants.map(\.name).joined(separator: ", ")
        throw ValidationError("--variants: \(ready.name) has no \(name); it has \(names)")
      }
      return variant
    }
  }

  func run() throws {
    do {
      try WholeFile.check(markdown)
      if let ready { try measure(ready) } else { try compareTraces() }
    } catch let failure as Failure {
      // 1 says "the data differ" here, and a failure to measure is none.
      throw failure.status == .usage || failure.status == .interrupted
        ? failure : Failure(failure.message, status: .guestFailed)
    }
  }

  private func compareTraces() throws {
    let comparison = try RecordedTraces.compare(
      subjects, operations: operations(), sites: betweenStamps ? .guestSpans : .wholeRuns)
    try write(comparison, nil)
    if !comparison.disagreementsOfOnePlan.isEmpty { leave(with: .failure) }
  }

  private func measure(_ ready: ReadyComparison) throws {
    Interruption.begin()
    _ = try Pinning.usable(placement.pin)
    let recorder = try VariantRecorder(
      placement, injection, iterations: iterations, disturbing: injectInto,
      keepingTracesIn: directory.map { FilePath($0) }
    )
    var pass = VariantPass(
      ready, try chosen(ready), recorder, seed: seed ?? .random(in: 0...(1 << 32)))
    let (comparison, experiment) = try pass.run(blocks: blocks ?? 12, budget: budget ?? 60)
    try write(comparison, experiment)
    if !experiment.holds { leave(with: .failure) }
    if experiment.isInterrupted { leave(with: .interrupted) }
    if comparison.sides.count < 2 || experiment.leftOut.contains(where: { !$0.isUnsupported }) {
      leave(with: .guestFailed)
    }
  }

  private func write(_ comparison: TraceComparison, _ experiment: VariantExperiment?) throws {
    if json {
      try Output.write(try jsonComparison(comparison, experiment))
    } else {
      try Output.print(textComparison(comparison, experiment, colour: Terminal.wantsColour))
    }
    if let markdown {
      try WholeFile.write(Array(markdownComparison(comparison, experiment).utf8), to: FilePath(markdown))
    }
  }
}
