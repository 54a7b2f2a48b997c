/// What came of a block: one line of JSON on the standard output of the process that ran it.
public struct BlockReply: Codable, Sendable, Equatable {
  /// Version of this line's form: a process that speaks another cannot be compared with.
  public var version = Self.currentVersion
  /// The operation.
  public var workload: String
  /// `completed`, or why not; of an operation that this host cannot run it begins with `unsupported: `.
  public var outcome: String
  /// Operations that were done and are counted in ``durations``: the first ones warm the machine up and are left out.
  public var operations: UInt64
  /// Durations `g1 - g0` in cycles with how often each occurred, by duration.
  public var durations: [[UInt64]]

  /// The form that this program speaks.
  public static let currentVersion = 1
  /// How ``outcome`` begins where the host lacks the operation.
  public static let unsupported = "unsupported: "

  /// A block with these durations.
  public init(workload: String, outcome: String, cycles: [UInt64]) {
    self.workload = workload
    self.outcome = outcome
    operations = UInt64(cycles.count)
    var durations: [[UInt64]] = []
    for duration in cycles.sorted() {
      if durations.last?[0] == duration {
        durations[durations.count - 1][1] += 1
      } else {
        durations.append([duration, 1])
      }
    }
    self.durations = durations
  }

  /// Whether the block was done.
  public var isCompleted: Bool { outcome == "completed" && operations > 0 }

  /// Whether the counts are what they say they are: the reply comes from another program.
  public var isConsistent: Bool {
    var total: UInt64 = 0
    for pair in durations {
      guard pair.count == 2, pair[1] <= operations - total else { return false }
      total += pair[1]
    }
    return total == operations
  }

  /// The duration that half of the operations do not exceed, cycles; nil where there are none. Means of the two middle
  /// ones are not taken, for both occurred.
  public var median: UInt64? {
    var left = operations / 2
    for pair in durations {
      if pair[1] > left { return pair[0] }
      left -= pair[1]
    }
    return durations.last?[0]
  }
}
