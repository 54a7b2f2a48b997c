/// What a process that runs blocks is asked for, a line of its standard input: `WORKLOAD ITERATIONS`.
public struct BlockRequest: Sendable, Equatable {
  /// The operation's name in the catalog.
  public let workload: String
  /// Operations in the block, at least 1.
  public let iterations: UInt64

  /// Operations that a block may have: its stamps lie in guest memory.
  public static let iterations: ClosedRange<UInt64> = 1...100_000

  /// A request for a block of `iterations` operations.
  public init(workload: String, iterations: UInt64) {
    self.workload = workload
    self.iterations = iterations
  }

  /// The request that a line states; nil where it states none.
  public init?(line: String) {
    let words = line.split(separator: " ")
    guard words.count == 2, let iterations = UInt64(words[1]), Self.iterations.contains(iterations) else {
      return nil
    }
    self.init(workload: String(words[0]), iterations: iterations)
  }

  /// The line, without its end.
  public var line: String { "\(workload) \(iterations)" }
}
