import CLinuxKVM
import Glibc
import SortieAnalysis
import SortieMachine
import SortieProbes
import SortieReport
import SortieTrace

/// Watches VMs of other processes and makes a snapshot of each interval. Nothing is recorded.
struct LiveView {
  private let events: LiveEvents
  private var observer: TopObserver
  private var follower: VMFollower
  private let eventCost: UInt64?
  private var begun = MonotonicClock.seconds()
  private var lastLook = 0.0
  /// Where the last interval ended: host TSC, CLOCK_MONOTONIC in s, own CPU time in s, events lost.
  private var last: (tsc: UInt64, time: Double, cpu: Double, lost: UInt64) = (0, 0, 0, 0)

  /// Looks at this host.
  ///
  /// - Throws: ``Failure`` where the kernel's events cannot be had: there is nothing else to show.
  init(_ target: AttachTarget, details: Bool, bufferKiB: Int?) throws(Failure) {
    events = try LiveEvents(details: details, bufferKiB: bufferKiB)
    eventCost = events.kernel.cost(events.host.system)?.cycles
    observer = TopObserver(events)
    follower = VMFollower(target)
    for note in events.kernel.notes { observer.note(note) }
  }

  /// All VMs that were meant have ended.
  var isOver: Bool { follower.isOver }

  /// What happens is said on standard error, not in the snapshots.
  func tellAtOnce(_ isSo: Bool) { observer.tellsAtOnce = isSo }

  /// Begins with `processes`.
  ///
  /// - Throws: ``Failure``.
  mutating func begin(_ processes: [KVMProcess]) throws(Failure) {
    try follower.begin(processes, &observer)
    begun = MonotonicClock.seconds()
    lastLook = begun
    last = (sortie_rdtsc(), begun, Self.cpuSeconds(), 0)
  }

  /// Takes in what happened; whether it should come back sooner than usual, because a buffer fills fast.
  func drain() -> Bool { events.drain() }

  /// Looks which VMs and threads there are, where that is due.
  ///
  /// - Throws: ``Failure``.
  mutating func look() throws(Failure) {
    let now = MonotonicClock.seconds()
    guard now - lastLook >= Double(VMFollower.period) / 1000 - 0.01 else { return }
    lastLook = now
    try follower.look(&observer)
  }

  /// What happened since the last snapshot.
  mutating func snapshot() -> TopSnapshot {
    let (time, cpu, lost) = (MonotonicClock.seconds(), Self.cpuSeconds(), events.lost)
    let (placed, tscKilohertz) = (max(events.placed, last.tsc), events.tscKilohertz)
    let cycles = placed - last.tsc
    let seconds = tscKilohertz.map { Double(cycles) / (Double($0) * 1000) } ?? time - last.time
    let snapshot = TopSnapshot(
      vms: observer.takeInterval(until: placed), from: last.tsc, until: placed, time: time - begun,
      seconds: seconds, tscKilohertz: tscKilohertz, eventCost: eventCost,
      lost: lost - min(lost, last.lost), lostInAll: lost, lightAbsence: events.lightAbsence,
      ownShare: time > last.time ? (cpu - last.cpu) / (time - last.time) : 0,
      message: observer.tellsAtOnce ? nil : observer.message)
    last = (placed, time, cpu, lost)
    return snapshot
  }

  /// Leaves the kernel as it was found.
  func close() { events.close() }

  /// CPU time of this process.
  private static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
