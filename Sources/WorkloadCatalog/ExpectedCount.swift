/// How often something happens in a run, as a function of its iterations: zero is a legitimate answer.
public struct ExpectedCount: Sendable, Hashable {
  /// Occurrences in each group of iterations, least and most.
  public var occurrences: ClosedRange<Int64>
  /// Iterations in a group: the most of them belong to the least count. Incomplete groups count nothing.
  public var group: ClosedRange<Int64>
  /// Occurrences whatever the number of iterations: set-up and exit. Negative where an iteration takes another way.
  public var fixed: ClosedRange<Int64>

  /// Exactly `occurrences` an iteration and exactly `fixed` besides.
  public init(perIteration occurrences: Int64, fixed: Int64 = 0) {
    self.init(perIteration: occurrences...occurrences, fixed: fixed...fixed)
  }

  /// Within `occurrences` an iteration, and within `fixed` besides.
  public init(perIteration occurrences: ClosedRange<Int64>, fixed: ClosedRange<Int64> = 0...0) {
    self.occurrences = occurrences
    self.group = 1...1
    self.fixed = fixed
  }

  /// Once in each complete group of iterations, and `fixed` besides.
  public init(oncePer group: ClosedRange<Int64>, fixed: Int64 = 0) {
    self.occurrences = 1...1
    self.group = group
    self.fixed = fixed...fixed
  }

  /// Whether a run's count is known to the last one.
  public var isExact: Bool {
    occurrences.lowerBound == occurrences.upperBound && group.lowerBound == group.upperBound
      && fixed.lowerBound == fixed.upperBound
  }

  /// Adds what another kind of operation causes, in groups of the same size unless this one has none.
  mutating func add(_ other: ExpectedCount) {
    if occurrences == 0...0 { group = other.group }
    occurrences = Self.sum(occurrences, other.occurrences)
    fixed = Self.sum(fixed, other.fixed)
  }

  /// Least and most occurrences in a run; saturates at the largest representable count.
  public func total(iterations: UInt64) -> ClosedRange<UInt64> {
    let iterations = Int64(clamping: iterations)
    let least = Self.sum(iterations / group.upperBound, occurrences.lowerBound, fixed.lowerBound)
    let most = Self.sum(iterations / group.lowerBound, occurrences.upperBound, fixed.upperBound)
    return min(least, most)...most
  }

  private static func sum(_ first: ClosedRange<Int64>, _ second: ClosedRange<Int64>) -> ClosedRange<Int64> {
    (first.lowerBound + second.lowerBound)...(first.upperBound + second.upperBound)
  }

  private static func sum(_ groups: Int64, _ each: Int64, _ fixed: Int64) -> UInt64 {
    let (product, productOverflow) = groups.multipliedReportingOverflow(by: each)
    let (sum, sumOverflow) = product.addingReportingOverflow(fixed)
    return productOverflow || sumOverflow ? .max : UInt64(max(sum, 0))
  }
}
