/// What `sortie bench --self-test` found: how surely the gate sees slowdowns that are known, and how often it cries wolf.
public struct SelfTestResult: Codable, Sendable, Equatable {
  /// The host, as `sortie doctor` describes it.
  public var host: [String: String]
  /// The seed of all random choices.
  public var seed: UInt64
  /// Cycles by which each exit of the heavy operation was made slower.
  public var injectedCycles: UInt64
  /// Seconds that it took.
  public var seconds: Double
  /// The trials, in the order in which they were made.
  public var trials: [SelfTestTrial]

  /// A result of these trials.
  public init(
    host: [String: String], seed: UInt64, injectedCycles: UInt64, seconds: Double, trials: [SelfTestTrial]
  ) {
    self.host = host
    self.seed = seed
    self.injectedCycles = injectedCycles
    self.seconds = seconds
    self.trials = trials
  }

  /// Whether every trial met what is asked of it.
  public var isMet: Bool { trials.allSatisfy(\.isMet) }
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
