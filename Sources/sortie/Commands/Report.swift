import ArgumentParser
import Glibc
import SortieAnalysis
import SortieReport
import SortieTrace
import SystemPackage

/// `sortie report`.
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Report what the exits of a trace cost.",
    discussion: """
      Per workload, site, vCPU and RIP: count, rate, share of the vCPU's time and percentiles in cycles, each with the \
      tier of its evidence and the interval it is over; where the guest stamped its operations, how their cost divides \
      into guest to host, machine monitor, and host to guest. The head says how far the figures can be trusted.

      --json prints the document that SCHEMA.md in Sources/SortieReport describes, field by field.
      """)

  @Argument(help: ArgumentHelp("A trace.", valueName: "file.sortie"))
  var file: String

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws { try Self.show(FilePath(file), json: json) }

  /// Prints the report on the trace at `path`.
  static func show(_ path: FilePath, json: Bool) throws {
    let analysis = try OpenTrace.analysis(path)
    if json {
      try Output.write(try jsonReport(analysis))
    } else {
      try Output.write(Array(textReport(analysis, colour: Terminal.wantsColour).utf8))
    }
  }
}
