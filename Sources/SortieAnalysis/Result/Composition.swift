/// Where the time of the operations of one band of lengths went: shares that add up to 1.
public struct Composition: Sendable, Equatable {
  /// Bands of the length of whole operations.
  public enum Band: String, Sendable {
    /// Every operation that was paired.
    case all
    /// Up to the 90th percentile, and those of about that length.
    case toP90 = "to_p90"
    /// Longer than the 99th percentile and what is about as long.
    case aboveP99 = "above_p99"
  }

  /// Which operations.
  public var band: Band
  /// How many they are.
  public var operations: UInt64
  /// Their mean length, cycles.
  public var meanCycles: Double
  /// From the instruction to the VMM, 0 to 1.
  public var guestToHost: Double
  /// In the VMM, 0 to 1.
  public var vmm: Double
  /// Inside `KVM_RUN` between two round trips of one operation, 0 to 1.
  public var between: Double
  /// From the VMM back to the instruction after, 0 to 1.
  public var hostToGuest: Double
  /// Of all that, the thread off its CPU, 0 to 1; nil where that was not recorded.
  public var offCPU: Double?
  /// Of all that, the vCPU halted, 0 to 1; nil where that was not recorded.
  public var blocked: Double?
}
