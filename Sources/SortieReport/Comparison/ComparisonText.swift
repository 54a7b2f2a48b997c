public import SortieAnalysis
public import SortieGate
import SortieTrace

/// A comparison as text for people: the answer first.
///
/// - Parameter experiment: how its variants were measured; nil for traces that were there.
/// - Parameter width: columns of the terminal.
public func textComparison(
  _ comparison: TraceComparison, _ experiment: VariantExperiment? = nil, colour: Bool, width: Int = 110
) -> String {
  let style = TextStyle(colour: colour)
  var lines: [String] = []
  func add(_ text: String, indent: String = "  ", _ set: (String) -> String = { $0 }) {
    lines += wrapped(text, width: width, indent: indent).map(set)
  }
  let sections = ComparisonSections(comparison, experiment)
  for failure in sections.failures { add(failure, style.warning) }
  for line in sections.answers { add(line, style.bold) }
  for line in sections.warnings { add(line, style.warning) }
  for line in sections.hosts { add(line) }
  for table in sections.tables {
    lines.append("")
    add(table.heading, indent: "", style.bold)
    var text = TextTable(table.columns)
    for row in table.rows {
      if !row.group.isEmpty { text.addNote(row.group, isDim: false) }
      text.add(row.cells)
      for line in wrapped(row.note, width: width - 2) { text.addNote("  " + line) }
    }
    lines += text.lines(style, width: width)
    add(table.note, indent: "", style.dim)
  }
  if !sections.notes.isEmpty { lines.append("") }
  for line in sections.notes { add(line) }
  return lines.joined(separator: "\n")
}

/// What a comparison consists of, in the order in which people read it.
struct ComparisonSections {
  /// Why it is none.
  let failures: [String]
  /// What differs most.
  let answers: [String]
  /// What must be known before cycles are read.
  let warnings: [String]
  let hosts: [String]
  let tables: [ComparisonTable]
  /// How it was made.
  let notes: [String]

  init(_ comparison: TraceComparison, _ experiment: VariantExperiment?) {
    let wrongTraces = experiment == nil ? comparison.disagreementsOfOnePlan : []
    failures =
      (experiment?.wrongTransfers ?? []).map {
        "FAILED: \(printable($0.variant)) did not transfer what its plan says: \(printable($0.problem, limit: 400))"
      }
      + (experiment?.disagreements ?? []).map {
        "FAILED: the variants did not transfer the same, so what they cost says nothing of each other: "
          + printable($0.text, limit: 2000)
      }
      + wrongTraces.map {
        "FAILED: the guests did not transfer the same, though their plan is one: \(printable($0.text, limit: 2000))"
      }
    var answers: [String] = []
    if let experiment { answers.append("\(experiment.comparison): what it costs to \(experiment.operation)") }
    // Of what did not do the same nothing is concluded.
    let holds = experiment?.holds ?? wrongTraces.isEmpty
    if holds, comparison.sides.count > 1 {
      answers += ComparisonWords.contributors(comparison, experiment)
    }
    self.answers = answers
    warnings = ComparisonWords.warnings(comparison) + Self.unequalOutputs(comparison, experiment)
    hosts =
      comparison.sides.enumerated().map {
        "\(ComparisonWords.letter($0.offset)): \(printable($0.element.name))"
      }
      + ComparisonWords.hosts(comparison)
    let tables: [ComparisonTable?] = [
      experiment.map { .predictions(comparison, $0) }, .reasons(comparison),
      experiment.map { .kernelEvents($0) }, .operations(comparison), .stages(comparison),
      experiment.flatMap { .effects(comparison, $0) }, .runs(comparison), .sites(comparison),
    ]
    self.tables = holds ? tables.compactMap(\.self).filter { !$0.rows.isEmpty } : []
    notes = Self.notes(comparison, experiment)
  }

  /// Traces whose guests transferred other data are other measurements.
  private static func unequalOutputs(
    _ comparison: TraceComparison, _ experiment: VariantExperiment?
  ) -> [String] {
    guard experiment == nil else { return [] }
    return comparison.disagreements.filter { !comparison.isOfOnePlan || !$0.isContradiction }.map {
      "The guests did not transfer the same: \(printable($0.text, limit: 2000))."
    }
  }

  private static func notes(_ comparison: TraceComparison, _ experiment: VariantExperiment?) -> [String] {
    var notes: [String] = []
    let costs = comparison.sides.first?.probeCosts ?? []
    if !costs.isEmpty {
      notes.append(
        "Recording itself costs, median cycles, not subtracted: "
          + costs.map { "\(printable($0.name)) \(compact($0.cycles))" }.joined(separator: ", ") + ".")
    }
    guard let experiment else { return notes }
    for variant in experiment.leftOut {
      notes.append(
        "\(variant.isUnsupported ? "Left out" : "FAILED"): \(printable(variant.name)): \(printable(variant.reason, limit: 400))."
      )
    }
    for (index, variant) in experiment.variants.enumerated() {
      notes.append(
        "\(ComparisonWords.letter(index)): sortie record \(printable(variant.command.joined(separator: " "), limit: 400))"
      )
    }
    notes.append(
      "seed \(experiment.seed), \(counted(UInt64(experiment.blocks), "block")) of all variants, each run in a fresh VM of a freshly "
        + "started program, \(Int(experiment.seconds.rounded())) s"
        + (experiment.isInterrupted ? ", interrupted" : "")
        + (conditionsText(experiment.conditions).map { "; \($0)" } ?? ""))
    return notes
  }
}

extension TraceComparison {
  /// What the guests did not transfer alike, by the letters of the sides.
  fileprivate var disagreements: [OutputDisagreement] {
    OutputDisagreement.all(sides.enumerated().map { (ComparisonWords.letter($0.offset), $0.element.outputs) })
  }

  /// The same of guests that were given one plan, each of which would have transferred what the others did.
  public var disagreementsOfOnePlan: [OutputDisagreement] {
    isOfOnePlan ? disagreements.filter(\.isContradiction) : []
  }
}
