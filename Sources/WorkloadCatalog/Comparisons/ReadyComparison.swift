internal import GuestABI

/// Several ways to get the same thing done, which `sortie compare` measures against each other.
public struct ReadyComparison: Sendable {
  /// What the user types.
  public var name: String
  /// What one operation does, after "what it costs to".
  public var operation: String
  /// Operations are of kinds that cost differently, as reads and writes do: a median would be that of the kind there is more of.
  public var hasSeveralKinds = false
  /// The ways; the first is what the others are held against.
  public var variants: [Variant]

  /// One way.
  public struct Variant: Sendable {
    /// What the user types and reports show.
    public var name: String
    /// The workload that goes this way.
    public var workload: String
    /// Operations of a run: some tens of milliseconds on a host that emulates guest code.
    public var iterations: UInt64
    /// Further options of `sortie record`.
    public var options: [String] = []
    /// What the specification says an operation costs, in words.
    public var prediction: String
    /// Round trips to the machine monitor of an operation, as it predicts them.
    public var heavy: ClosedRange<Double>
    /// Exits of an operation that the kernel handles by itself; nil where it says nothing of them.
    public var light: ClosedRange<Double>?
    /// Where reads and writes differ, what either costs in round trips; nil where they do not.
    var mix: Mix?

    /// Reads and writes of an I/O plan.
    struct Mix: Sendable {
      var plan: sortie_io_plan
      var read: ClosedRange<Double>
      var write: ClosedRange<Double>
    }

    /// The same as ``heavy``, of a run of so many operations: as exact as the plan, which tells reads from writes.
    public func heavy(of operations: UInt64) -> ClosedRange<Double> {
      guard let mix, operations > 0 else { return heavy }
      let counted = min(operations, Self.mostCounted)
      let writes = Double((0..<counted).count { sortie_io_is_write(mix.plan, $0) != 0 }) / Double(counted)
      func mean(_ bound: KeyPath<ClosedRange<Double>, Double>) -> Double {
        mix.read[keyPath: bound] * (1 - writes) + mix.write[keyPath: bound] * writes
      }
      return mean(\.lowerBound)...mean(\.upperBound)
    }

    /// Of more operations the first so many tell the share of writes.
    private static let mostCounted: UInt64 = 1 << 20
  }

  /// All of them, in the order in which help lists them.
  public static let all: [ReadyComparison] = [
    console, disk, doorbell, irqchip, net, netReceive, netSend,
  ]

  /// The comparison of this name.
  public static func named(_ name: String) -> ReadyComparison? { all.first { $0.name == name } }

  /// The variant of this name.
  public func variant(_ name: String) -> Variant? { variants.first { $0.name == name } }
}
