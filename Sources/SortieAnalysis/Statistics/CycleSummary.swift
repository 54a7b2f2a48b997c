/// Figures of a distribution of durations, in TSC cycles.
public struct CycleSummary: Sendable, Equatable {
  /// Durations measured.
  public var count: UInt64
  /// Their sum, cycles; saturates at the largest 64-bit number.
  public var sum: UInt64
  /// Median, cycles; nil where nothing was measured.
  public var p50: UInt64?
  /// 90th percentile, cycles; nil under ``leastForP90`` durations.
  public var p90: UInt64?
  /// 99th percentile, cycles; nil under ``leastForP99`` durations.
  public var p99: UInt64?
  /// 99.9th percentile, cycles; nil under ``leastForP999`` durations.
  public var p999: UInt64?
  /// The longest, cycles, exact; nil where nothing was measured.
  public var maximum: UInt64?

  /// Arithmetic mean, cycles; nil where nothing was measured.
  public var mean: Double? { count > 0 ? Double(sum) / Double(count) : nil }

  /// Durations it takes to speak of a 90th percentile.
  public static let leastForP90: UInt64 = 10
  /// Durations it takes to speak of a 99th percentile.
  public static let leastForP99: UInt64 = 100
  /// Durations it takes to speak of a 99.9th percentile.
  public static let leastForP999: UInt64 = 1000
}
