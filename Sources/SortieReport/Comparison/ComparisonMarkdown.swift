public import SortieAnalysis
public import SortieGate

/// A comparison as GitHub-flavoured Markdown.
///
/// - Parameter experiment: how its variants were measured; nil for traces that were there.
public func markdownComparison(
  _ comparison: TraceComparison, _ experiment: VariantExperiment? = nil
) -> String {
  let sections = ComparisonSections(comparison, experiment)
  var lines = ["### sortie compare", ""]
  lines += sections.failures.flatMap { ["**\(markdownEscaped($0))**", ""] }
  lines += sections.answers.flatMap { [markdownEscaped($0), ""] }
  lines += sections.warnings.flatMap { ["> \(markdownEscaped($0))", ""] }
  lines += sections.hosts.map { "- \(markdownEscaped($0))" }
  for table in sections.tables {
    lines += ["", "#### \(markdownEscaped(table.heading))", ""]
    let titles = table.columns.map { $0.hasPrefix("<") ? String($0.dropFirst()) : $0 }
    lines.append("| \(titles.map(markdownEscaped).joined(separator: " | ")) |")
    lines.append("|\(table.columns.map { $0.hasPrefix("<") ? "---|" : "---:|" }.joined())")
    for row in table.rows {
      if !row.group.isEmpty {
        lines.append(
          "| **\(markdownEscaped(row.group))** |\(String(repeating: " |", count: titles.count - 1))")
      }
      let missing = Array(repeating: "", count: max(0, titles.count - row.cells.count))
      var cells = (row.cells + missing).map(markdownEscaped)
      if !row.note.isEmpty { cells[0] += "<br><sub>\(markdownEscaped(row.note))</sub>" }
      lines.append("| \(cells.joined(separator: " | ")) |")
    }
    if !table.note.isEmpty { lines += ["", "<sub>\(markdownEscaped(table.note))</sub>"] }
  }
  lines.append("")
  lines += sections.notes.map { "- \(markdownEscaped($0))" }
  return lines.joined(separator: "\n") + "\n"
}
