/// Where devices read the time. They call it on vCPU threads, often: it must neither block nor allocate.
public protocol DeviceClock: AnyObject, Sendable {
  /// Nanoseconds since a moment that stays the same; it never goes back.
  var monotonicNanoseconds: UInt64 { get }
  /// Nanoseconds since 1970 in UTC, for clocks that tell the time of day.
  var wallNanoseconds: Int64 { get }
}
