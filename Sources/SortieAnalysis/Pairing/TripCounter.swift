import SortieTrace

/// Makes round trips of `kvm_userspace_exit` events where nothing says when they began and ended.
struct TripCounter {
  private var accesses = AccessMemory()

  /// `EINTR` and `EAGAIN`: see ``SystemCallTrips``.
  private static let kicks: Set<UInt16> = [4, 11]

  /// Takes the next event of the thread; a round trip without stamps where one begins.
  mutating func take(_ event: KernelEventRecord) -> RoundTripRecord? {
    switch event.kind {
    case .exit(_, _, let detail): accesses.exit(detail, rip: event.rip)
    case .entry: accesses.entry()
    case .detail(.port, let detail): _ = accesses.port(detail, event.count)
    case .detail(.memory, let detail): accesses.memory(detail)
    case .userspaceExit(let reason, let errno): return record(reason, errno)
    default: break
    }
    return nil
  }

  private mutating func record(_ reason: UInt32, _ errno: UInt16) -> RoundTripRecord {
    var record = RoundTripRecord(u0: 0, rip: accesses.rip, errno: errno)
    if accesses.rip != 0 { record.flags.insert(.ripIsCurrent) }
    if Self.kicks.contains(errno) {
      record.flags.insert(.kick)
    } else if errno == 0 {
      record.reason = reason
      _ = accesses.describe(&record)
    }
    return record
  }
}
