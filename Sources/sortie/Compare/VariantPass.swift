import SortieAnalysis
import SortieGate
import SortieMachine
import SortieProbes
import SortieStatistics
import WorkloadCatalog

/// Measures the variants of a ready comparison: each once to see that it runs and does what the others do, then blocks of all
/// of them, in random order.
struct VariantPass: ~Copyable {
  /// A variant while it is measured.
  private struct Variant {
    let data: ReadyComparison.Variant
    var side: ComparedSide
    var measured: MeasuredVariant
  }

  private let recorder: VariantRecorder
  /// Operations of the comparison are of several kinds.
  private let hasSeveralKinds: Bool
  private let candidates: [(name: String, variant: ReadyComparison.Variant)]
  private var variants: [Variant] = []
  private var experiment: VariantExperiment
  private var order: SeededGenerator
  private var progress = Progress()
  private let activity = HostActivity()
  private let start = MonotonicClock.seconds()

  /// A pass over `variants` of `comparison`, which may hold one twice: then it is held against itself.
  init(
    _ comparison: ReadyComparison, _ variants: [ReadyComparison.Variant],
    _ recorder: consuming VariantRecorder,
    seed: UInt64
  ) {
    var times: [String: Int] = [:]
    candidates = variants.map { variant in
      times[variant.name, default: 0] += 1
      let time = times[variant.name] ?? 1
      return (time == 1 ? variant.name : "\(variant.name)-\(time)", variant)
    }
    self.recorder = recorder
    hasSeveralKinds = comparison.hasSeveralKinds
    experiment = VariantExperiment(comparison: comparison.name, operation: comparison.operation, seed: seed)
    order = SeededGenerator(seed: seed)
  }

  /// Measures so many blocks, or as many as `budget` seconds buy and one at the least. A signal ends it early, with what was
  /// measured by then.
  ///
  /// - Throws: ``Failure`` when nothing could be measured.
  mutating func run(
    blocks: Int, budget: Double
  ) throws(Failure) -> (comparison: TraceComparison, experiment: VariantExperiment) {
    defer { progress.clear() }
    try rehearse()
    do {
      while experiment.holds, variants.count > 1, experiment.blocks < blocks,
        experiment.blocks == 0 || elapsed < budget
      {
        try runBlock()
        judgeOutputs()
      }
    } catch {
      guard error.status == .interrupted, experiment.blocks > 0 else { throw error }
      experiment.isInterrupted = true
    }
    return finished()
  }

  private var elapsed: Double { MonotonicClock.seconds() - start }

  /// Runs each variant once, with all that the kernel tells.
  private mutating func rehearse() throws(Failure) {
    let host = try HostUnderTest().kind
    for (name, variant) in candidates {
      switch try rehearsal(of: variant, name, on: host) {
      case .success(let analysis):
        var measured = MeasuredVariant(
          name, command: recorder.command(variant), prediction: variant.prediction,
          heavy: variant.heavy(of: recorder.operations(variant), on: host), light: variant.light)
        measured.kernelEvents = Self.kernelEvents(analysis)
        variants.append(Variant(data: variant, side: ComparedSide(name), measured: measured))
        take(analysis, of: variants.count - 1)
      case .failure(let obstacle): leaveOut(name, obstacle)
      }
    }
    guard variants.count > 1 else {
      let reasons = experiment.leftOut.map { "\($0.name): \($0.reason)" }
      throw Failure(
        "nothing to compare, for fewer than two variants of \(experiment.comparison) run here: "
          + reasons.joined(separator: "; "))
    }
    judgeOutputs()
    // Of what does not do the same, the one run is all there is to show.
    guard experiment.holds else { return }
    for index in variants.indices { variants[index].side = ComparedSide(variants[index].measured.name) }
  }

  private func rehearsal(
    of variant: ReadyComparison.Variant, _ name: String, on host: HostKind
  ) throws(Failure) -> Result<Analysis, Obstacle> {
    guard let workload = Workload.named(variant.workload) else {
      return .failure(
        Obstacle(verdict: .unsupported, reason: "this sortie has no workload \(variant.workload)"))
    }
    if let reason = workload.unsupportedReason(on: host) {
      return .failure(Obstacle(verdict: .unsupported, reason: reason))
    }
    return try recorder.run(variant, name: "\(name)-rehearsal", options: ["--detail"])
  }

  private mutating func leaveOut(_ name: String, _ obstacle: Obstacle) {
    experiment.leftOut.append(
      LeftOutVariant(name, reason: obstacle.reason, isUnsupported: obstacle.verdict == .unsupported))
  }

  /// Takes in a run of the variant at `index`.
  private mutating func take(_ analysis: Analysis, of index: Int) {
    variants[index].side.add(analysis)
    if let problem = VariantRecorder.wrongTransfer(analysis) {
      experiment.wrongTransfers.append((variants[index].measured.name, problem))
    }
  }

  /// Events of KVM for each operation, where no hardware exits tell of the same.
  private static func kernelEvents(_ analysis: Analysis) -> [String: Double] {
    var side = ComparedSide("")
    side.add(analysis)
    guard let run = side.figures(of: nil) else { return [:] }
    let counts = ExitTally(analysis).counts.filter { $0.key.kind == .event }
    return Dictionary(
      uniqueKeysWithValues: counts.compactMap { key, count in
        run.perOperation(Double(count)).map { (key.reason, $0) }
      })
  }

  private mutating func judgeOutputs() {
    experiment.disagreements = OutputDisagreement.all(variants.map { ($0.side.name, $0.side.outputs) })
  }

  /// Each variant twice, in random order and back, so that within a block a drift of the host that is linear in time cancels.
  private mutating func runBlock() throws(Failure) {
    let forth = order.shuffled(Array(variants.indices))
    var found = [[Analysis]](repeating: [], count: variants.count)
    var failed: [Int: Obstacle] = [:]
    for (turn, index) in (forth + forth.reversed()).enumerated() where failed[index] == nil {
      let name = variants[index].measured.name
      let run = "\(name)-\(experiment.blocks + 1)-\(turn < forth.count ? 1 : 2)"
      switch try recorder.run(variants[index].data, name: run) {
      case .success(let analysis): found[index].append(analysis)
      case .failure(let obstacle): failed[index] = obstacle
      }
      let seconds = elapsed
      progress.show("block \(experiment.blocks + 1), \(name), \(Int(seconds)) s", seconds: seconds)
    }
    let isMean = hasSeveralKinds
    // A block counts as a whole or not at all.
    for index in variants.indices where failed[index] == nil {
      for analysis in found[index] { take(analysis, of: index) }
      variants[index].measured.cycles.append(found[index].compactMap { Self.cycles($0, isMean: isMean) })
    }
    for (index, obstacle) in failed.sorted(by: { $0.key > $1.key }) {
      leaveOut(variants.remove(at: index).measured.name, obstacle)
    }
    experiment.blocks += 1
  }

  /// Cycles of an operation of a run, as the guest stamped them; nil where it did not. The median is not moved by what disturbs
  /// a few operations.
  private static func cycles(_ analysis: Analysis, isMean: Bool) -> UInt64? {
    var side = ComparedSide("")
    side.add(analysis)
    guard let run = side.figures(of: nil) else { return nil }
    let cycles = isMean ? run.meanGuestCyclesPerOperation : run.guestCyclesPerOperation
    return cycles.map { UInt64(max($0, 1).rounded()) }
  }

  private mutating func finished() -> (comparison: TraceComparison, experiment: VariantExperiment) {
    experiment.variants = variants.map(\.measured)
    let sides = variants.map(\.side)
    // What an emulator takes for an operation says nothing of how fast a processor is at it.
    if sides.first?.guestExecution != .emulatesGuestCode, experiment.holds {
      experiment.effects = VariantEffect.all(
        experiment.variants.map { ($0.name, $0.cycles) }, seed: experiment.seed)
    }
    experiment.seconds = elapsed
    experiment.conditions = activity.conditions()
    return (TraceComparison(sides, obstacles: []), experiment)
  }
}
