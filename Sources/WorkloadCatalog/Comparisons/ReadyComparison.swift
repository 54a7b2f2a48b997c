internal import GuestABI

/// Several ways to get the same thing done, which `sortie compare` measures against each other.
public struct ReadyComparison: Sendable {
  /// What the user types.
  public var name: String
  /// What one operation of so many bytes does, after "what it costs to".
  var does: @Sendable (_ bytes: UInt64) -> String
  /// Bytes of an operation, where it transfers any.
  var bytes: UInt64 = 0
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
    /// Parameters of the workload: of an I/O plan bytes, seed, share of writes, and so on.
    public var parameters: [UInt64] = []
    /// Further options of `sortie record`.
    public var options: [String] = []
    /// What the specification says an operation costs, in words.
    public var prediction: String
    /// Round trips to the machine monitor of an operation, as it predicts them.
    public var heavy: ClosedRange<Double>
    /// The same where exits are real, if that differs: a KVM that emulates guest code ends an interrupt as it delivers it, and a
    /// pin that is up interrupts again.
    public var heavyOfHardware: ClosedRange<Double>?
    /// Exits of an operation that the kernel handles by itself; nil where it says nothing of them.
    public var light: ClosedRange<Double>?
    /// Where reads and writes differ, what either costs in round trips; nil where they do not.
    var mix: Mix?

    /// The plan is the one that the prediction speaks of.
    var isOfOwnPlan = true

    /// What a read and a write of so many sectors cost.
    struct Mix: Sendable {
      var read: @Sendable (_ sectors: Double) -> ClosedRange<Double>
      var write: @Sendable (_ sectors: Double) -> ClosedRange<Double>
    }

    /// The same as ``heavy``, of a run of so many operations on such a host: as exact as the plan, which tells reads from
    /// writes.
    public func heavy(of operations: UInt64, on host: HostKind) -> ClosedRange<Double> {
      guard let mix, operations > 0 else {
        let own = host.hasHardwareExits ? heavyOfHardware ?? heavy : heavy
        return isOfOwnPlan ? own : expectedHeavy(of: operations, on: host) ?? own
      }
      var plan = sortie_io_plan()
      (plan.seed, plan.write_percent) = (parameters[1], UInt32(clamping: parameters[2]))
      let counted = min(operations, Self.mostCounted)
      let writes = Double((0..<counted).count { sortie_io_is_write(plan, $0) != 0 }) / Double(counted)
      let sectors = Double(parameters[0]) / 512
      let (read, write) = (mix.read(sectors), mix.write(sectors))
      func mean(_ bound: KeyPath<ClosedRange<Double>, Double>) -> Double {
        read[keyPath: bound] * (1 - writes) + write[keyPath: bound] * writes
      }
      return mean(\.lowerBound)...mean(\.upperBound)
    }

    /// Of more operations the first so many tell the share of writes.
    private static let mostCounted: UInt64 = 1 << 20
  }

  /// What one operation does, after "what it costs to".
  public var operation: String { does(bytes) }

  /// All of them, in the order in which help lists them.
  public static let all: [ReadyComparison] = [
    console, disk, doorbell, irqchip, net, netReceive, netSend,
  ]

  /// The comparison of this name.
  public static func named(_ name: String) -> ReadyComparison? { all.first { $0.name == name } }

  /// The variant of this name.
  public func variant(_ name: String) -> Variant? { variants.first { $0.name == name } }
}
