/// What came of measuring the variants of a comparison in randomised blocks, besides what their traces say.
public struct VariantExperiment: Sendable {
  /// The comparison: `doorbell`.
  public var comparison: String
  /// What one operation is, in words.
  public var operation: String
  /// The variants that were measured, in their order; all are held against the first.
  public var variants: [MeasuredVariant] = []
  /// The variants that were not.
  public var leftOut: [LeftOutVariant] = []
  /// What guests did not agree in.
  public var disagreements: [OutputDisagreement] = []
  /// Variants whose guest did not transfer what its I/O plan says, with what was wrong first.
  public var wrongTransfers: [(variant: String, problem: String)] = []
  /// The guests have all done the same, and what they were told to: else what they cost says nothing of each other.
  public var holds: Bool { disagreements.isEmpty && wrongTransfers.isEmpty }
  /// How cycles differ; of what executes guest code by emulation there are none.
  public var effects: [VariantEffect] = []
  /// Seed of the order and of the statistics.
  public var seed: UInt64
  /// Blocks measured, each of all variants.
  public var blocks = 0
  /// Seconds that took.
  public var seconds = 0.0
  /// What the host did meanwhile.
  public var conditions: [String: String] = [:]
  /// A signal ended it before its time.
  public var isInterrupted = false

  /// An experiment before its first block.
  public init(comparison: String, operation: String, seed: UInt64) {
    self.comparison = comparison
    self.operation = operation
    self.seed = seed
  }
}

/// A variant that was measured.
public struct MeasuredVariant: Sendable {
  /// Its name.
  public var name: String
  /// The workload and the options of `sortie record` that make it.
  public var command: [String]
  /// What the specification says an operation costs, in words.
  public var prediction: String
  /// Round trips of an operation that it predicts.
  public var heavy: ClosedRange<Double>
  /// Exits of an operation that the kernel handles; nil: it says nothing of them.
  public var light: ClosedRange<Double>?
  /// Events of KVM for each operation, by name, in a run with all that the kernel tells: on a host without hardware exits
  /// they are what there is to count of what the kernel handled.
  public var kernelEvents: [String: Double] = [:]
  /// Cycles of an operation in each of its runs, `g0..g1`, block by block.
  public var cycles: [[UInt64]] = []

  /// A variant without runs yet.
  public init(
    _ name: String, command: [String], prediction: String, heavy: ClosedRange<Double>,
    light: ClosedRange<Double>?
  ) {
    self.name = name
    self.command = command
    self.prediction = prediction
    self.heavy = heavy
    self.light = light
  }

  /// What `heavy` and `light` exits of an operation are to the prediction; nil where neither is known.
  ///
  /// - Parameter heavy: round trips between the guest's stamps.
  /// - Parameter light: exits between them that the kernel handled.
  public func isAsPredicted(heavy: Double?, light: Double?) -> Bool? {
    let checks = [
      heavy.map { Self.holds($0, self.heavy, more: Self.leastShare) },
      self.light.flatMap { range in light.map { Self.holds($0, range, more: Self.firstTouches) } },
    ].compactMap(\.self)
    return checks.isEmpty ? nil : !checks.contains(false)
  }

  /// Light exits that the first touches of pages may add to an operation.
  public static let firstTouches = 0.1
  /// What a kick or a lost stamp may keep out of the count, or move into it: a share of it.
  public static let kept = 0.01
  /// Round trips of an operation that are none.
  private static let leastShare = 0.005

  private static func holds(_ value: Double, _ range: ClosedRange<Double>, more: Double) -> Bool {
    value >= range.lowerBound * (1 - kept) - leastShare && value <= range.upperBound * (1 + kept) + more
  }
}

/// A variant that was not measured.
public struct LeftOutVariant: Sendable, Equatable {
  /// Its name.
  public var name: String
  /// Why.
  public var reason: String
  /// This host or this sortie cannot run it; else it failed.
  public var isUnsupported: Bool

  /// A variant that was left out for this reason.
  public init(_ name: String, reason: String, isUnsupported: Bool) {
    self.name = name
    self.reason = reason
    self.isUnsupported = isUnsupported
  }
}
