/// What `sortie bench` measured on a host: the baseline that `sortie check` holds later runs against.
public struct BenchResult: GateDocument, Equatable {
  /// Version of this document's form; a reader refuses a newer one.
  public var version = Self.currentVersion
  /// The tool that wrote it.
  public var tool: String
  /// The host, as `sortie doctor` describes it.
  public var host: [String: String]
  /// How the machines were made: `--memory`, `--pin` and the like.
  public var machine: [String: String]
  /// Runs of the suite, oldest first; at least one.
  public var sessions: [BenchSession]

  /// The form that this program writes.
  public static let currentVersion = 1

  /// A result of one session.
  public init(tool: String, host: [String: String], machine: [String: String], session: BenchSession) {
    self.tool = tool
    self.host = host
    self.machine = machine
    sessions = [session]
  }

  /// The operations of the latest session.
  public var operations: [OperationResult] { sessions.last?.operations ?? [] }
  /// What is known of each operation: of the latest session that has it.
  public var latestOperations: [OperationResult] {
    var latest: [OperationResult] = []
    for operation in sessions.flatMap(\.operations) {
      if let index = latest.firstIndex(where: { $0.name == operation.name }) {
        latest[index] = operation
      } else {
        latest.append(operation)
      }
    }
    return latest
  }

  /// What the host did during the latest session.
  public var conditions: [String: String] { sessions.last?.conditions ?? [:] }
}

/// One run of the suite.
public struct BenchSession: Codable, Sendable, Equatable {
  /// When it ended, UTC, as ISO 8601.
  public var ended: String
  /// What the host did meanwhile: load before and after, steal, busy processors.
  public var conditions: [String: String]
  /// What the stamps themselves cost: the null loop, measured among the operations; nil where no cycles were measured. It
  /// is part of what every operation costs and is not taken out.
  public var stamps: CycleResult?
  /// What was measured, by operation.
  public var operations: [OperationResult]

  /// A session of these operations.
  public init(
    ended: String, conditions: [String: String], stamps: CycleResult?, operations: [OperationResult]
  ) {
    self.ended = ended
    self.conditions = conditions
    self.stamps = stamps
    self.operations = operations
  }
}

/// One operation in one run of the suite.
public struct OperationResult: Codable, Sendable, Equatable {
  /// Its name in the catalog.
  public var name: String
  /// `light`, `heavy` or `none`, as the catalog declares it for this host.
  public var operationClass: String
  /// Why it was left out; nil where it ran.
  public var obstacle: String?
  /// Whether it was left out because this host cannot run it, and not because it failed.
  public var isUnsupported: Bool
  /// How often it exits; nil where that was not counted.
  public var exits: ExitCensus?
  /// What it costs; nil where that was not measured.
  public var cycles: CycleResult?

  /// An operation of which nothing is known yet, or which this host cannot run because of `obstacle`.
  public init(name: String, operationClass: String, obstacle: String? = nil) {
    self.name = name
    self.operationClass = operationClass
    self.obstacle = obstacle
    isUnsupported = obstacle != nil
  }
}

/// What an operation costs: `g1 - g0`, cycles.
public struct CycleResult: Codable, Sendable, Equatable {
  /// Operations of a block.
  public var iterations: UInt64
  /// The median of each block, in rounds.
  public var rounds: [[UInt64]]
  /// Operations measured over all blocks.
  public var count: UInt64
  /// Median over all operations; nil of none.
  public var p50: UInt64?
  /// 90th percentile; nil under 10 operations.
  public var p90: UInt64?
  /// 99th percentile; nil under 100 operations.
  public var p99: UInt64?
  /// 99.9th percentile; nil under 1,000 operations.
  public var p999: UInt64?
  /// Arithmetic mean, to the cycle; of few wild values it says more than of the usual one. Nil of none.
  public var mean: UInt64?
  /// The longest.
  public var maximum: UInt64
  /// Where durations heap up, where that is in more than one place.
  public var modes: [ModeResult]
}

/// A heap of durations.
public struct ModeResult: Codable, Sendable, Equatable {
  /// Around which duration it lies, cycles.
  public var cycles: UInt64
  /// Its share of all durations, 0 to 1.
  public var share: Double
}
