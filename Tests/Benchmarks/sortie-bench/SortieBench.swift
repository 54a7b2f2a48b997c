import Glibc
import SystemPackage

/// Measures one thing and prints its figures, a line each; `Tests/Benchmarks/run` calls it and compares them with the
/// targets.
@main struct SortieBench {
  private static let usage = """
    usage: sortie-bench stamps
           sortie-bench size TRACE
           sortie-bench writer TRACE NEW-TRACE EVENTS
           sortie-bench live TRACE NEW-TRACE EVENTS-PER-SECOND SECONDS
           sortie-bench reader TRACE
           sortie-bench loop GUEST PAIRS
    """

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      try run(arguments)
    } catch {
      complain("sortie-bench \(arguments.joined(separator: " ")): \(error)")
      exit(1)
    }
  }

  private static func run(_ arguments: [String]) throws {
    let numbers = arguments.map { Int($0) ?? 0 }
    switch (arguments.first, arguments.count) {
    case ("stamps", 1): try measureStamps()
    case ("size", 2): try measureSize(of: arguments[1])
    case ("writer", 4): try measureWriter(arguments[1], into: arguments[2], events: numbers[3])
    case ("live", 5):
      try measureRecorder(arguments[1], into: arguments[2], rate: numbers[3], seconds: numbers[4])
    case ("reader", 2): try measureReader(arguments[1])
    case ("loop", 3): try measureRunLoop(guest: arguments[1], pairs: numbers[2])
    default:
      complain(usage)
      exit(2)
    }
  }

  private static func complain(_ text: String) {
    _ = try? FileDescriptor.standardError.writeAll("\(text)\n".utf8)
  }
}
