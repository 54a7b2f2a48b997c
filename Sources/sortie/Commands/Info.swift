import ArgumentParser
import SortieAnalysis
import SortieReport
import SortieTrace
import SystemPackage

/// `sortie info`.
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell what is in a trace, and whether it is whole.",
    discussion: """
      Identity and host, streams with their events and bytes, tables, losses with their causes. A trace whose recorder \
      was killed has no footer: what a scan recovered is told with the offset where it ends. Damaged blocks are named.

      Exits with 0 when the trace is whole, with 1 when it is not or cannot be read.
      """)

  @Argument(help: ArgumentHelp("A trace.", valueName: "file.sortie"))
  var file: String

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let path = FilePath(file)
    let trace = try OpenTrace.open(path)
    let summary: TraceSummary
    do { summary = try TraceSummary(of: trace) } catch { throw Failure("\(path): \(error)") }
    if json {
      try Output.write(try jsonSummary(summary))
    } else {
      try Output.write(Array(textSummary(summary, colour: Terminal.wantsColour).utf8))
    }
    if !trace.isComplete { leave(with: .failure) }
  }
}
