import ArgumentParser
import Glibc
import SortieAnalysis
import SortieReport
import SortieTrace
import SystemPackage

/// `sortie dump`.
struct Dump: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the events of a trace, a line each, in order of time.",
    discussion: """
      Filters add up. Times are seconds since the first event of the trace, as those of sortie report are. With --json each \
      line is an object with all that the trace holds of the event, stamps in cycles.
      """)

  @Argument(help: ArgumentHelp("A trace.", valueName: "file.sortie"))
  var file: String

  @Flag(help: "Print JSON lines.")
  var json = false

  @Option(help: ArgumentHelp("Only events of this VM (its index in the trace).", valueName: "n"))
  var vm: UInt32?

  @Option(help: ArgumentHelp("Only events of this vCPU.", valueName: "n"))
  var vcpu: UInt32?

  @Option(
    help: ArgumentHelp(
      "Only round trips of this reason: a name such as KVM_EXIT_IO, its number, heavy or kick.",
      valueName: "reason"))
  var reason: String?

  @Option(help: ArgumentHelp("Only events from this time on.", valueName: "seconds"))
  var from: Double?

  @Option(help: ArgumentHelp("Only events before this time.", valueName: "seconds"))
  var to: Double?

  func validate() throws {
    for (name, time) in [("--from", from), ("--to", to)] {
      if let time, !time.isFinite { throw ValidationError("\(name) \(time) is no time in seconds") }
    }
  }

  func run() throws {
    var kind: DumpFilter.Reason?
    if let reason {
      kind = DumpFilter.Reason(reason)
      guard kind != nil else {
        throw Failure("--reason \(reason) is no KVM_EXIT name, no number, nor heavy or kick", status: .usage)
      }
    }
    let trace = try OpenTrace.open(FilePath(file))
    let tables: TraceTables
    do { tables = try TraceTables(TraceFileSource(trace)) } catch { throw Failure("\(file): \(error)") }
    if let vm, !tables.vms.isEmpty, tables.vms[vm] == nil {
      let known = tables.vms.keys.sorted().map { "\($0)" }.joined(separator: ", ")
      throw Failure("--vm \(vm): \(file) has VM \(known)", status: .usage)
    }
    if tables.isAggregate {
      throw Failure(
        "\(file) holds histograms and sums, no events (sortie attach --aggregate); sortie report \(file) shows it"
      )
    }
    var failure: Failure?
    do {
      try dump(
        TraceFileSource(trace), format: json ? .jsonLines : .text,
        filter: DumpFilter(vm: vm, vcpu: vcpu, reason: kind, from: from, to: to)
      ) { lines in
        do throws(Failure) {
          return try Output.write(lines)
        } catch {
          failure = error
          return false
        }
      }
    } catch {
      throw Failure("\(file): \(error)")
    }
    if let failure { throw failure }
  }
}
