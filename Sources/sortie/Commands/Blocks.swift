import ArgumentParser
import SortieGate
import SortieMachine

/// `sortie blocks`.
struct Blocks: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run blocks of operations as told on standard input: the hands of bench and check.",
    discussion: """
      A line of standard input names a workload and a number of operations, such as `pio-write 500`. For each, a fresh \
      virtual machine performs the operation that often, and a line of JSON on standard output says what came of it: \
      `outcome`, `operations` (the first tenth warms the machine up and is left out), and `durations`, the cycles \
      that operations took with how often each occurred. It ends at the end of its input.

      `sortie bench` and `sortie check` start it, of this program or of another version of it, on both sides of a \
      comparison. The options to inject slowdowns prove that a gate sees them.
      """)

  @OptionGroup var machine: MachineOptions

  func run() throws {
    var runner = try BlockRunner(machine.settings())
    while let line = readLine() {
      guard let request = BlockRequest(line: line) else {
        throw Failure(
          "\"\(line)\" is no request; one is WORKLOAD ITERATIONS, such as pio-write 500, with at most "
            + "\(BlockRequest.iterations.upperBound) iterations", status: .usage)
      }
      guard try Output.write(Array((GateJSON.line(runner.run(request)) + "\n").utf8)) else { return }
    }
  }
}
