/// How often an operation exits, by reason, over several runs of the same number of operations.
public struct ExitCensus: Codable, Sendable, Equatable {
  /// Operations of each run.
  public var iterations: UInt64
  /// Runs counted.
  public var runs: Int
  /// Who counted. A reason that a kind of these did not meet has the count 0; of the other kinds nothing is known.
  public var kinds: [Kind]
  /// The counts, sorted by kind and reason.
  public var counts: [ExitCount]

  /// What was counted, and by whom.
  public enum Kind: String, Codable, Sendable, CaseIterable, Comparable {
    /// Returns of `KVM_RUN` by KVM's reason: heavy exits as the machine monitor sees them.
    case roundTrip = "round_trip"
    /// `kvm_exit` events that the kernel handled by itself, by the hardware's reason.
    case light
    /// `kvm_exit` events that went on to user space, by the hardware's reason.
    case heavy
    /// Events of other tracepoints of KVM, by their names: what its handlers did.
    case event

    /// In the order in which reports show them.
    public static func < (a: Kind, b: Kind) -> Bool {
      (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
    }
  }

  /// Counts of several runs of the same operation; runs do not each have to meet every reason.
  public init(iterations: UInt64, kinds: [Kind], runs: [[ExitKey: UInt64]]) {
    self.iterations = iterations
    self.kinds = kinds
    self.runs = runs.count
    counts = Set(runs.flatMap(\.keys)).sorted().map { key in
      let counts = runs.map { $0[key] ?? 0 }
      return ExitCount(key: key, least: counts.min() ?? 0, most: counts.max() ?? 0)
    }
  }

  /// Whether runs differ in a count that is gated.
  public var isNoisy: Bool { counts.contains { !$0.key.belongsToHost && $0.least != $0.most } }
}

/// A reason, and who counts it.
public struct ExitKey: Codable, Sendable, Hashable, Comparable {
  /// Who counts.
  public var kind: ExitCensus.Kind
  /// The reason's or the event's name.
  public var reason: String

  /// A reason counted by `kind`.
  public init(_ kind: ExitCensus.Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }

  /// By kind, then by name.
  public static func < (a: ExitKey, b: ExitKey) -> Bool { (a.kind, a.reason) < (b.kind, b.reason) }

  /// Whether the host and not the operation causes it: interrupts of the host, and the entries that they and signals cut
  /// short. Such counts are shown and not gated.
  public var belongsToHost: Bool {
    let host: Set<String> = [
      "SVM_EXIT_INTR", "SVM_EXIT_NMI", "SVM_EXIT_SMI", "EXTERNAL_INTERRUPT", "KVM_EXIT_INTR",
    ]
    return host.contains(reason)
  }

  /// Whether it is the exit in which the guest can take an interrupt that came while it could not. Where runs differ in it,
  /// it depends on when interrupts come.
  public var isInterruptWindow: Bool {
    ["SVM_EXIT_VINTR", "INTERRUPT_WINDOW", "NMI_WINDOW"].contains(reason)
  }
}

/// A reason's counts over the runs.
public struct ExitCount: Codable, Sendable, Equatable {
  /// The reason.
  public var key: ExitKey
  /// The fewest exits of a run.
  public var least: UInt64
  /// The most exits of a run.
  public var most: UInt64
}
