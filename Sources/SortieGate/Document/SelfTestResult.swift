/// What `sortie bench --self-test` found: how surely the gate sees slowdowns that are known, and how often it cries wolf.
public struct SelfTestResult: Codable, Sendable, Equatable {
  /// The host, as `sortie doctor` describes it.
  public var host: [String: String]
  /// The seed of all random choices.
  public var seed: UInt64
  /// The slowdowns that were injected.
  public var slowdowns: [SelfTestSlowdown]
  /// Seconds that it took.
  public var seconds: Double
  /// What the host did meanwhile: load before and after, steal, busy processors.
  public var conditions: [String: String]
  /// The trials, in the order in which they were made.
  public var trials: [SelfTestTrial]

  /// A result of these trials.
  public init(
    host: [String: String], seed: UInt64, slowdowns: [SelfTestSlowdown], seconds: Double,
    conditions: [String: String], trials: [SelfTestTrial]
  ) {
    self.host = host
    self.seed = seed
    self.slowdowns = slowdowns
    self.seconds = seconds
    self.conditions = conditions
    self.trials = trials
  }

  /// Whether every trial met what is asked of it.
  public var isMet: Bool { trials.allSatisfy(\.isMet) }
}

/// A slowdown of known size.
public struct SelfTestSlowdown: Codable, Sendable, Equatable {
  /// The operation that was made slower.
  public var operation: String
  /// Cycles added to each exit to the machine monitor; nil where it was made slower otherwise.
  public var cyclesOfExit: UInt64?
  /// Turns of a counted loop added to each operation in the guest; nil where it was made slower otherwise.
  public var turns: UInt64?
  /// What that adds to the operation's median, as a share, as measured before the trials.
  public var share: Double

  /// A slowdown by one of the two means.
  public init(operation: String, cyclesOfExit: UInt64? = nil, turns: UInt64? = nil, share: Double) {
    self.operation = operation
    self.cyclesOfExit = cyclesOfExit
    self.turns = turns
    self.share = share
  }
}

/// One kind of run, made many times.
public struct SelfTestTrial: Codable, Sendable, Equatable {
  /// What was done, in words.
  public var name: String
  /// Runs made.
  public var runs: Int
  /// How often each verdict came.
  public var verdicts: [String: Int]
  /// Verdicts that would be wrong.
  public var wrong: [GateVerdict]
  /// The verdict that must come; nil where any that is not wrong will do.
  public var wanted: GateVerdict?
  /// The most wrong verdicts, and runs without the wanted one, that are put up with.
  public var allowance: Int

  /// A trial that has not been made.
  public init(_ name: String, wanted: GateVerdict?, wrong: [GateVerdict], allowance: Int) {
    self.name = name
    self.wanted = wanted
    self.wrong = wrong
    self.allowance = allowance
    runs = 0
    verdicts = [:]
  }

  /// Takes in a run.
  public mutating func add(_ verdict: GateVerdict) {
    runs += 1
    verdicts[verdict.rawValue, default: 0] += 1
  }

  /// Runs with a wrong verdict.
  public var wrongCount: Int { wrong.reduce(0) { $0 + (verdicts[$1.rawValue] ?? 0) } }

  /// Runs without the verdict that had to come.
  public var missedCount: Int { wanted.map { runs - (verdicts[$0.rawValue] ?? 0) } ?? 0 }

  /// Whether that is few enough.
  public var isMet: Bool { runs > 0 && wrongCount <= allowance && missedCount <= allowance }
}
