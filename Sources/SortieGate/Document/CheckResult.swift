/// What `sortie check` found: the document of its `--json`, and what its other forms are rendered from.
public struct CheckResult: GateDocument, Equatable {
  /// Version of this document's form.
  public var version = Self.currentVersion
  /// What was compared: `against`, `baseline` or `exits`.
  public var mode: Mode
  /// What the old side is called.
  public var old: String
  /// What the new side is called.
  public var new: String
  /// The host, as `sortie doctor` describes it.
  public var host: [String: String]
  /// What the random choices follow from: the same seed and measurements give the same verdicts.
  public var seed: UInt64
  /// Seconds that were spent.
  public var seconds: Double
  /// What the host did meanwhile: load before and after, steal, busy processors.
  public var conditions: [String: String]
  /// Why the hosts of the two sides are not comparable; empty where they are.
  public var differences: [String]
  /// Whether it was compared all the same (`--force`).
  public var isForced: Bool
  /// Cycles, by operation; empty in the mode `exits`.
  public var cycles: [CycleJudgement]
  /// Exits, by operation; empty but in the mode `exits`.
  public var exits: [CountJudgement]

  /// The form that this program writes.
  public static let currentVersion = 1

  /// What is compared.
  public enum Mode: String, Codable, Sendable {
    /// Two sides measured in one run.
    case against
    /// Cycles against a saved result.
    case baseline
    /// Exit counts against a saved result.
    case exits
  }

  /// A result with these judgements.
  public init(
    mode: Mode, old: String, new: String, host: [String: String], seed: UInt64, seconds: Double,
    conditions: [String: String] = [:], differences: [String] = [], isForced: Bool = false,
    cycles: [CycleJudgement] = [],
    exits: [CountJudgement] = []
  ) {
    self.mode = mode
    self.old = old
    self.new = new
    self.host = host
    self.seed = seed
    self.seconds = seconds
    self.conditions = conditions
    self.differences = differences
    self.isForced = isForced
    self.cycles = cycles
    self.exits = exits
  }

  /// The verdicts of all operations.
  public var verdicts: [GateVerdict] { cycles.map(\.verdict) + exits.map(\.verdict) }

  /// What it comes to.
  public var outcome: GateOutcome { GateOutcome(verdicts) }
}
