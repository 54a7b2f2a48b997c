/// The ranges of one vCPU's timeline in which events are missing, host TSC cycles.
struct LossMap {
  private var ranges: [ClosedRange<UInt64>]

  init(_ unordered: [ClosedRange<UInt64>]) {
    ranges = []
    for range in unordered.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard let last = ranges.last, range.lowerBound <= last.upperBound else {
        ranges.append(range)
        continue
      }
      ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
    }
  }

  /// Ranges that ``add(_:)`` keeps: what is paired while VMs run does not reach back far.
  private static let mostAdded = 256

  /// Adds a range that became known while events are taken in. The oldest give way.
  mutating func add(_ range: ClosedRange<UInt64>) {
    self = LossMap(ranges + [range])
    if ranges.count > Self.mostAdded { ranges.removeFirst(ranges.count - Self.mostAdded) }
  }

  /// Whether an event may be missing between two stamps.
  func overlaps(_ first: UInt64, _ last: UInt64) -> Bool {
    guard !ranges.isEmpty, first <= last else { return false }
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < first { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].lowerBound <= last
  }
}
