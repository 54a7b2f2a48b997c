import Glibc
internal import SortieDevices

/// The host's clocks, without a system call (vdso(7)).
final class HostClock: DeviceClock {
  /// CLOCK_MONOTONIC.
  var monotonicNanoseconds: UInt64 { UInt64(max(Self.nanoseconds(of: CLOCK_MONOTONIC), 0)) }
  /// CLOCK_REALTIME.
  var wallNanoseconds: Int64 { Self.nanoseconds(of: CLOCK_REALTIME) }

  private static func nanoseconds(of clock: clockid_t) -> Int64 {
    var now = timespec()
    clock_gettime(clock, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }
}
