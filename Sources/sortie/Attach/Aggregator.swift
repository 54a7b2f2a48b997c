import SortieMachine
import SortieProbes
import SystemPackage

/// Adds up what VMs of other processes do, until they end, the time is over or a signal comes, into a file of histograms
/// and sums.
struct Aggregator: ~Copyable {
  private var recording: AggregateRecording
  private var follower: VMFollower
  private var progress = Progress()

  /// Seconds between two looks at the kernel's buffers, and where one fills fast; between two times the file is written.
  private static let periods = (usual: 0.1, short: 0.02, saving: 10.0)

  /// Looks at this host and writes the file at `path` for the first time.
  ///
  /// - Throws: ``Failure`` where the kernel's events cannot be had: there is nothing else to record.
  init(
    _ target: AttachTarget, path: FilePath, details: Bool, bufferKiB: Int?, wantedVCPUs: Set<UInt32>?
  ) throws(Failure) {
    recording = try AggregateRecording(
      path: path, details: details, bufferKiB: bufferKiB, wantedVCPUs: wantedVCPUs)
    follower = VMFollower(target, wantedVCPUs: wantedVCPUs)
  }

  /// Adds up what `processes` do, and what comes where the target is open, for so many seconds at the most. Returns what
  /// there is to say of it.
  ///
  /// - Throws: ``Failure``.
  mutating func record(_ processes: [KVMProcess], seconds: Double?) throws(Failure) -> String {
    defer { recording.events.close() }
    var failure: Failure?
    do throws(Failure) { try follow(processes, seconds: seconds) } catch { failure = error }
    progress.clear()
    try recording.finish(follower.vms)
    if let failure { throw failure }
    return
      "\(recording.events.count) events added up, \(recording.events.lost) lost, \(recording.bytes) bytes"
  }

  private mutating func follow(_ processes: [KVMProcess], seconds: Double?) throws(Failure) {
    let start = MonotonicClock.seconds()
    try follower.begin(processes, &recording)
    var (look, saving) = (start + Double(VMFollower.period) / 1000, start + Self.periods.saving)
    var wait = Self.periods.usual
    while true {
      let left = seconds.map { start + $0 - MonotonicClock.seconds() } ?? .infinity
      guard left > 0, !Interruption.hasCome, !follower.isOver else { return }
      Interruption.wait(milliseconds: Int32((min(wait, left) * 1000).rounded(.up)))
      wait = recording.drain() ? Self.periods.short : Self.periods.usual
      let now = MonotonicClock.seconds()
      if now >= look {
        look = now + Double(VMFollower.period) / 1000
        try follower.look(&recording)
        show(now - start)
      }
      if now >= saving {
        saving = now + Self.periods.saving
        recording.save()
      }
    }
  }

  private mutating func show(_ seconds: Double) {
    let vms = follower.vms
    let names = vms.count == 1 ? vms[0].label : "\(vms.count) VMs"
    progress.show(
      "\(names): \(vms.reduce(0) { $0 + $1.threadCount }) vCPU threads, \(recording.events.count) events added up, "
        + "\(recording.events.lost) lost, \(Int(seconds)) s", seconds: seconds)
  }
}
