/// The rate of a counter, to turn time into counts and back.
struct Frequency: BitwiseCopyable, Sendable {
  static let nanosecondsPerSecond: UInt64 = 1_000_000_000

  /// Counts a second, at least 1 and below 10^9.
  let hertz: UInt64

  /// Whole counts in `nanoseconds`.
  func ticks(in nanoseconds: UInt64) -> UInt64 {
    // The quotient fits: a frequency is below 10^9, hence the high word below the divisor.
    Self.nanosecondsPerSecond.dividingFullWidth(nanoseconds.multipliedFullWidth(by: hertz)).quotient
  }

  /// Nanoseconds until the counter, from zero, has counted `ticks`; at most `UInt64.max`.
  func nanoseconds(until ticks: UInt64) -> UInt64 {
    let product = ticks.multipliedFullWidth(by: Self.nanosecondsPerSecond)
    guard product.high < hertz else { return .max }
    let (quotient, remainder) = hertz.dividingFullWidth(product)
    return remainder == 0 || quotient == .max ? quotient : quotient + 1
  }
}
