import SortieAnalysis
import SortieGate
import SortieReport
import SystemPackage

/// Traces that are there, held against each other.
enum RecordedTraces {
  /// The comparison of the traces at `paths`, the first being what the others are compared with.
  ///
  /// - Parameter operations: how many each performed, where the traces are not to be asked; none, one for all, or one each.
  /// - Parameter scope: which of their exits are compared.
  /// - Throws: ``Failure`` naming the file that is no trace, or has nothing in scope.
  static func compare(
    _ paths: [String], operations: [UInt64], sites scope: SiteScope
  ) throws(Failure) -> TraceComparison {
    var sides: [ComparedSide] = []
    for (index, path) in paths.enumerated() {
      var side = ComparedSide(path)
      let analysis = try OpenTrace.analysis(FilePath(path), sites: scope)
      guard analysis.unit == .cycles, analysis.trips.isTimed else {
        throw Failure(
          "\(path): what was imported without cycles or without the time of round trips is not compared; sortie report \(path) shows it"
        )
      }
      if scope == .guestSpans, analysis.siteScope != scope {
        throw Failure(
          "\(path): it has no guest stamps on the host's clock; without --between-stamps all exits are compared"
        )
      }
      side.add(
        analysis,
        operations: operations.count > 1 ? operations[index] : operations.first)
      sides.append(side)
    }
    return TraceComparison(sides, obstacles: obstacles(sides))
  }

  /// How hosts differ from the first one's in what decides the price of an exit.
  private static func obstacles(_ sides: [ComparedSide]) -> [String] {
    var sentences: [String] = []
    for (index, side) in sides.enumerated().dropFirst() {
      let words = ("in \(comparisonLetter(0))", "in \(comparisonLetter(index))")
      for sentence in Comparability.differences(
        old: sides[0].host.values, new: side.host.values, words: words)
      where !sentences.contains(sentence) {
        sentences.append(sentence)
      }
    }
    return sentences
  }
}
