import Histogram

/// Durations in cycles: exact while they are few, then an HDR histogram of three significant digits up to 2^40 cycles.
struct Distribution {
  private(set) var count: UInt64 = 0
  /// Saturates instead of overflowing.
  private(set) var sum: UInt64 = 0
  private(set) var maximum: UInt64 = 0
  private var exact: [UInt64] = []
  /// None or one. An array is changed in place; an optional of a struct this large is moved out and back at each value.
  private var histogram: [Histogram<UInt64>] = []

  /// Values kept as they are; a site with fewer costs 2 KiB instead of a histogram's 16 to 256.
  static let exactLimit = 256
  /// Longer durations count as this long in percentiles; sum and maximum stay exact.
  static let highestTracked: UInt64 = 1 << 40

  mutating func record(_ value: UInt64) {
    count &+= 1
    let (total, overflow) = sum.addingReportingOverflow(value)
    sum = overflow ? .max : total
    if value > maximum { maximum = value }
    guard histogram.isEmpty else {
      histogram[0].record(min(value, Self.highestTracked))
      return
    }
    exact.append(value)
    if exact.count > Self.exactLimit { promote() }
  }

  private mutating func promote() {
    var histogram = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    // The longest first: it makes the histogram as large as it gets, once.
    if let longest = exact.indices.max(by: { exact[$0] < exact[$1] }) { exact.swapAt(0, longest) }
    for value in exact { histogram.record(min(value, Self.highestTracked)) }
    self.histogram = [histogram]
    exact = []
  }

  mutating func add(_ other: Distribution) {
    guard let theirs = other.histogram.first else {
      for value in other.exact { record(value) }
      return
    }
    if histogram.isEmpty { promote() }
    histogram[0].add(theirs)
    count &+= other.count
    let (total, overflow) = sum.addingReportingOverflow(other.sum)
    sum = overflow ? .max : total
    maximum = max(maximum, other.maximum)
  }

  /// So many durations between two.
  struct Bucket: Equatable {
    var lowest: UInt64
    var highest: UInt64
    var count: UInt64
  }

  /// How many durations of which length there are, shortest first.
  var buckets: [Bucket] {
    guard let histogram = histogram.first else {
      var buckets: [Bucket] = []
      for value in exact.sorted() {
        if buckets.last?.lowest == value {
          buckets[buckets.count - 1].count += 1
        } else {
          buckets.append(Bucket(lowest: value, highest: value, count: 1))
        }
      }
      return buckets
    }
    return histogram.recordedValues().map { value in
      Bucket(
        lowest: histogram.lowestEquivalentForValue(value.value),
        highest: histogram.highestEquivalentForValue(value.value), count: value.count)
    }
  }

  /// Nearest rank: the least recorded value that at least `perMille` of 1,000 values do not exceed.
  func percentile(perMille: Int) -> UInt64? {
    guard count > 0 else { return nil }
    if let histogram = histogram.first {
      return min(histogram.valueAtPercentile(Double(perMille) / 10), maximum)
    }
    let sorted = exact.sorted()
    let rank = (sorted.count * perMille + 999) / 1000
    return sorted[min(max(rank, 1), sorted.count) - 1]
  }

  /// The same without the 90th and the 99.9th percentile: a percentile of a histogram is a walk through it.
  var briefSummary: CycleSummary {
    CycleSummary(
      count: count, sum: sum, p50: percentile(perMille: 500),
      p99: count >= CycleSummary.leastForP99 ? percentile(perMille: 990) : nil,
      maximum: count > 0 ? maximum : nil)
  }

  /// The figures to print; percentiles for which there are too few values are absent.
  var summary: CycleSummary {
    CycleSummary(
      count: count, sum: sum,
      p50: percentile(perMille: 500),
      p90: count >= CycleSummary.leastForP90 ? percentile(perMille: 900) : nil,
      p99: count >= CycleSummary.leastForP99 ? percentile(perMille: 990) : nil,
      p999: count >= CycleSummary.leastForP999 ? percentile(perMille: 999) : nil,
      maximum: count > 0 ? maximum : nil)
  }
}

extension Distribution {
  /// Durations that are known by `buckets`, their sum and the longest: percentiles are those of the distribution that had
  /// these buckets. More than fit a histogram are left out.
  init(buckets: some Sequence<Bucket>, sum: UInt64, maximum: UInt64) {
    self.sum = sum
    self.maximum = maximum
    for bucket in buckets {
      add(bucket)
      self.maximum = max(self.maximum, bucket.lowest)
    }
  }

  /// Durations that are taken of one: thousands of distributions together are counted without overflow.
  private static let most: UInt64 = 1 << 48

  private mutating func add(_ bucket: Bucket) {
    let added = min(bucket.count, Self.most - count)
    guard added > 0 else { return }
    if histogram.isEmpty, exact.count + Int(added) <= Self.exactLimit {
      exact += repeatElement(bucket.lowest, count: Int(added))
    } else {
      if histogram.isEmpty { promote() }
      histogram[0].record(min(bucket.lowest, Self.highestTracked), count: added)
    }
    count += added
  }
}
