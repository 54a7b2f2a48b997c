import Glibc

/// The separate heaps of a distribution of durations: one median describes several of them badly.
public enum Modes {
  /// A heap.
  public struct Mode: Sendable, Equatable {
    /// The duration around which it lies, in the unit given.
    public let center: Double
    /// Its share of all durations, 0 to 1.
    public let share: Double
  }

  /// Durations it takes to speak of modes.
  public static let leastCount: UInt64 = 200
  /// Width of a bin as a ratio, 5 %: heaps nearer than some bins are one.
  private static let binWidth = 0.05
  /// A smaller share is a tail.
  private static let leastShare = 0.1
  /// Between two heaps density falls below this share of the lower one's peak.
  private static let valley = 0.5

  /// The modes of durations above 0, given as values and how often each occurred, in ascending order; nil of fewer than
  /// ``leastCount``. Density is taken over logarithms, smoothed over three bins of 5 % twice.
  public static func find(in counts: [(value: UInt64, count: UInt64)]) -> [Mode]? {
    let counts = counts.filter { $0.value > 0 && $0.count > 0 }
    let total = counts.reduce(UInt64(0)) { $0 &+ $1.count }
    guard total >= leastCount else { return nil }
    var bins: [Int: Double] = [:]
    for (value, count) in counts { bins[Int(log(Double(value)) / binWidth), default: 0] += Double(count) }
    guard let first = bins.keys.min(), let last = bins.keys.max() else { return nil }
    // Two empty bins at each end, so that smoothing loses nothing.
    let raw = ((first - 2)...(last + 2)).map { bins[$0] ?? 0 }
    let density = smoothed(smoothed(raw))
    return heaps(density).map { heap in
      let mass = raw[heap].reduce(0, +)
      let moment = heap.reduce(0.0) { $0 + raw[$1] * (Double(first - 2 + $1) + 0.5) }
      return Mode(center: exp(moment / max(mass, 1) * binWidth), share: mass / Double(total))
    }.filter { $0.share >= leastShare }
  }

  private static func smoothed(_ density: [Double]) -> [Double] {
    density.indices.map { index in
      let left = index > 0 ? density[index - 1] : 0
      let right = index + 1 < density.count ? density[index + 1] : 0
      return (left + 2 * density[index] + right) / 4
    }
  }

  /// Ranges of bins between deep valleys; together they are all bins.
  private static func heaps(_ density: [Double]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var (start, peak, lowest) = (0, 0.0, 0)
    for index in density.indices {
      if density[index] < density[lowest] { lowest = index }
      // Risen out of a valley that both its sides tower over: what came before is a heap of its own.
      if density[lowest] < valley * min(peak, density[index]), density[index] > 0 {
        result.append(start..<lowest)
        (start, peak, lowest) = (lowest, density[index], index)
      }
      if density[index] >= peak { (peak, lowest) = (density[index], index) }
    }
    result.append(start..<density.count)
    return result
  }
}
