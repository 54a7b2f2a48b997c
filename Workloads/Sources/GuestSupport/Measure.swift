public import CGuest
public import GuestABI

extension Guest {
  /// Repeats `operation` ``iterations`` times, or as often as `times` says, with `lfence; rdtsc` directly before and after
  /// it, and hands each pair of stamps to the host through the boot processor's ring.
  ///
  /// The closure is inlined: no call stands between the stamps. A stretch of the ring without wrap is filled with
  /// one compare an iteration, because on a host that emulates guest code every instruction costs thousands of
  /// cycles. Without room the operation runs all the same and its stamps are dropped and counted.
  ///
  /// - Parameter advance: run after each operation, outside of the stamps.
  @inline(__always)
  public func measure(_ times: UInt64? = nil, advance: () -> Void = {}, _ operation: () -> Void) {
    var remaining = times ?? iterations
    guard let ring = StampRing(info.pointee.vcpus.0) else {
      return repeatUnstamped(remaining, advance, operation)
    }
    if let disturbance { return measure(remaining, disturbance, ring, advance, operation) }
    while remaining != 0 {
      let stretch = min(ring.contiguousRoom, remaining)
      if stretch == 0 {
        operation()
        advance()
        ring.drop()
        remaining &-= 1
        continue
      }
      remaining &-= stretch
      var entry = ring.next
      let end = entry + Int(stretch)
      repeat {
        let before = lfence_rdtsc()
        operation()
        let after = lfence_rdtsc()
        entry.pointee = sortie_stamp(g0: before, g1: after)
        entry += 1
        ring.publish()
        advance()
      } while entry != end
    }
  }

  /// The loop for a machine that takes no stamps.
  @inline(__always)
  func repeatUnstamped(_ times: UInt64, _ advance: () -> Void, _ operation: () -> Void) {
    var remaining = times
    while remaining != 0 {
      operation()
      advance()
      remaining &-= 1
    }
  }
}
