import Glibc

/// CLOCK_MONOTONIC, which no one sets.
public enum MonotonicClock {
  /// Seconds since some time in the past.
  public static func seconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}
