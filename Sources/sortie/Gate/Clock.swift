import Glibc

/// CLOCK_MONOTONIC.
enum Clock {
  /// Seconds since some time in the past.
  static func seconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}
