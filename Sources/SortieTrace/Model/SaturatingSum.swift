extension UInt64 {
  /// The sum, or the largest number where it does not fit: counts from a guest or a file may be anything.
  package func addingSaturated(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
