internal import CLinuxKVM
import Glibc
public import SortieTrace

extension AnchorRow {
  /// The three clocks read together, as closely as a few attempts allow: the reading whose two TSC stamps lie nearest.
  public static func now() -> AnchorRow {
    var best: (width: UInt64, row: AnchorRow)?
    for _ in 0..<5 {
      let before = sortie_rdtsc()
      let monotonic = nanoseconds(CLOCK_MONOTONIC)
      let realtime = nanoseconds(CLOCK_REALTIME)
      let width = sortie_rdtsc() &- before
      if best.map({ width < $0.width }) ?? true {
        best = (width, AnchorRow(tsc: before &+ width / 2, monotonic: monotonic, realtime: realtime))
      }
    }
    return best?.row ?? AnchorRow(tsc: sortie_rdtsc(), monotonic: nanoseconds(CLOCK_MONOTONIC))
  }

  private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
