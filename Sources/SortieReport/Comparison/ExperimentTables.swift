import SortieAnalysis
import SortieGate

/// The tables that only a comparison has which measured its variants itself.
extension ComparisonTable {
  /// Exits of each operation against what the specification predicts.
  static func predictions(_ comparison: TraceComparison, _ experiment: VariantExperiment) -> ComparisonTable {
    var table = ComparisonTable(
      heading: "Exits of each operation", columns: ["<variant", "heavy", "light", "<predicted", "<verdict"])
    for (index, variant) in experiment.variants.enumerated() where index < comparison.sides.count {
      guard let run = comparison.sides[index].figures(of: nil) else { continue }
      let heavy = run.roundTripsPerOperation ?? run.heavyPerOperation
      let light = run.lightInsidePerOperation
      let whole = variant.light == nil || light != nil ? "as predicted" : "heavy as predicted"
      let verdict =
        variant.isAsPredicted(run).map { $0 ? whole : "NOT AS PREDICTED" } ?? "unknown"
      table.rows.append(
        Row(
          cells: [
            "\(ComparisonWords.letter(index)) \(printable(variant.name))", ComparisonWords.each(heavy),
            light == nil ? "unknown" : ComparisonWords.each(light),
            "heavy \(range(variant.heavy))" + (variant.light.map { ", light \(range($0))" } ?? ""), verdict,
          ], note: printable(variant.prediction, limit: 400)))
    }
    table.note =
      "Between the guest's stamps: round trips, and exits that the kernel handled, interrupts of the host apart. A value is as "
      + "predicted within \(percent(MeasuredVariant.kept)) %, for a kick or a lost stamp moves some; of light exits there may be "
      + "\(fixed(MeasuredVariant.firstTouches, 1)) an operation more, of pages that are touched for the first time."
    return table
  }

  /// What KVM did where no hardware exits tell it.
  static func kernelEvents(_ experiment: VariantExperiment) -> ComparisonTable {
    var table = ComparisonTable(
      heading: "What KVM did (tier kernel, in the first run, with --detail), events of each operation",
      columns: ["<event"] + experiment.variants.indices.map(ComparisonWords.letter))
    let events = Set(experiment.variants.flatMap(\.kernelEvents.keys)).sorted()
    // What happens once or twice in a run is its beginning and its end.
    for event in events where experiment.variants.contains(where: { ($0.kernelEvents[event] ?? 0) >= 0.01 }) {
      table.rows.append(
        Row(cells: [event] + experiment.variants.map { ComparisonWords.each($0.kernelEvents[event] ?? 0) }))
    }
    return table
  }

  /// How cycles of an operation differ, with how surely.
  static func effects(_ comparison: TraceComparison, _ experiment: VariantExperiment) -> ComparisonTable? {
    guard !experiment.effects.isEmpty else { return nil }
    var table = ComparisonTable(
      heading: "Cycles of an operation against \(printable(experiment.effects[0].base))"
        + (comparison.sides.contains { $0.guestExecution == .emulatedProcessor } ? ", of the emulator" : ""),
      columns: ["<variant", "ratio", "from", "to", "p (Holm)", "<difference", "could see", "blocks"])
    for effect in experiment.effects {
      func ratio(_ value: Double?) -> String {
        // Without an interval it says nothing.
        effect.low == nil ? "-" : value.map { "×\(fixed($0, 3))" } ?? "-"
      }
      table.rows.append(
        Row(
          cells: [
            printable(effect.variant), ratio(effect.ratio), ratio(effect.low), ratio(effect.high),
            effect.pValue.map { fixed($0, 4) } ?? "-",
            effect.low == nil ? "unknown" : effect.isReal ? "real" : "not shown",
            effect.couldSee.map { "×\(fixed($0, 3))" } ?? "nothing", "\(effect.blocks)",
          ], note: effect.obstacle ?? ""))
    }
    table.note =
      "Of each run the median operation, or, where it both reads and writes, the mean. From, to: the interval that holds the "
      + "true ratio with \(fixed(VariantEffect.confidence * 100, 0)) % confidence (bootstrap over blocks). A difference is real where "
      + "that leaves out ×1 and a permutation test calls it no chance (p at most \(fixed(VariantEffect.level, 2))). Could see: the "
      + "smallest that would have been found real in 8 of 10 such experiments."
    return table
  }

  private static func range(_ range: ClosedRange<Double>) -> String {
    range.lowerBound == range.upperBound
      ? ComparisonWords.each(range.lowerBound)
      : "\(ComparisonWords.each(range.lowerBound)) to \(ComparisonWords.each(range.upperBound))"
  }
}

extension MeasuredVariant {
  /// Whether the exits of an operation of `run` are those predicted; nil where they are not known.
  func isAsPredicted(_ run: RunFigures) -> Bool? {
    isAsPredicted(
      heavy: run.roundTripsPerOperation ?? run.heavyPerOperation, light: run.lightInsidePerOperation)
  }
}
