internal import SortieStatistics

/// Durations of an operation over many blocks, cycles, with how often each occurred.
public struct DurationCounts: Sendable {
  private var counts: [UInt64: UInt64] = [:]
  /// Durations taken in.
  public private(set) var total: UInt64 = 0

  /// More different durations than this are rounded to fewer digits: a slow operation over many blocks would else fill
  /// memory.
  private static let mostDistinct = 1 << 16
  /// Bits that are kept of a duration; the rest is rounded off.
  private var precision = 64

  /// None yet.
  public init() {}

  /// Takes in a block.
  public mutating func add(_ reply: BlockReply) {
    for pair in reply.durations {
      counts[rounded(pair[0]), default: 0] += pair[1]
      total += pair[1]
    }
    while counts.count > Self.mostDistinct {
      precision = precision == 64 ? 16 : precision - 1
      counts = Dictionary(counts.map { (rounded($0.key), $0.value) }, uniquingKeysWith: +)
    }
  }

  /// Keeps the highest bits that are set.
  private func rounded(_ value: UInt64) -> UInt64 {
    let excess = UInt64.bitWidth - value.leadingZeroBitCount - precision
    return excess > 0 ? value & (.max << UInt64(excess)) : value
  }

  private func mean(_ sorted: [(key: UInt64, value: UInt64)]) -> UInt64? {
    total == 0
      ? nil : UInt64((sorted.reduce(0) { $0 + Double($1.key) * Double($1.value) } / Double(total)).rounded())
  }

  /// What they come to, with the medians of the blocks they came in.
  public func result(iterations: UInt64, rounds: [[UInt64]]) -> CycleResult {
    let sorted = counts.sorted { $0.key < $1.key }
    func percentile(_ perMille: UInt64, least: UInt64) -> UInt64? {
      guard total >= least else { return nil }
      var rank = max((total * perMille + 999) / 1000, 1)
      for (value, count) in sorted {
        if rank <= count { return value }
        rank -= count
      }
      return sorted.last?.key
    }
    let modes = Modes.find(in: sorted.map { (value: $0.key, count: $0.value) }) ?? []
    return CycleResult(
      iterations: iterations, rounds: rounds, count: total, p50: percentile(500, least: 1),
      p90: percentile(900, least: 10), p99: percentile(990, least: 100), p999: percentile(999, least: 1000),
      mean: mean(sorted), maximum: sorted.last?.key ?? 0,
      modes: modes.count < 2
        ? [] : modes.map { ModeResult(cycles: UInt64($0.center.rounded()), share: $0.share) })
  }
}
