/// Several ways to get the same thing done, which `sortie compare` measures against each other.
public struct ReadyComparison: Sendable {
  /// What the user types.
  public var name: String
  /// What one operation does, after "what it costs to".
  public var operation: String
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
