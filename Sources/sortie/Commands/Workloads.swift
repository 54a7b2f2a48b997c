import ArgumentParser
import SortieReport
import WorkloadCatalog

/// `sortie workloads`.
struct Workloads: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the guests that come with sortie, or tell all about one.",
    discussion: """
      Each workload is a small bare-metal guest that performs one operation over and over, between two stamps of its \
      own; those of the second list perform one and the same I/O plan, each on another device. `sortie workloads NAME` says what the operation is, which exits it should cause on which kind of host, and \
      what parameters it takes.
      """)

  @Argument(help: ArgumentHelp("A workload's name.", valueName: "name"))
  var name: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    guard let name else {
      let workloads = Workload.all + Workload.io
      try Output.print(json ? try JSONText.encode(workloads.map(WorkloadDescription.init)) : Self.list())
      return
    }
    guard let workload = Workload.named(name) else {
      throw Failure("there is no workload \(name); `sortie workloads` lists them", status: .usage)
    }
    let description = WorkloadDescription(workload)
    try Output.print(json ? try JSONText.encode(description) : description.text())
  }

  private static func list() -> String {
    let width = (Workload.all + Workload.io).map(\.name.count).max() ?? 0
    func lines(_ workloads: [Workload]) -> [String] {
      workloads.map { workload in
        workload.name + String(repeating: " ", count: width + 2 - workload.name.count) + workload.summary
      }
    }
    return (lines(Workload.all) + [""] + lines(Workload.io)).joined(separator: "\n")
  }
}
