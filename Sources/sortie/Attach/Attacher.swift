import SortieMachine
import SortieProbes
import SortieTrace
import SystemPackage

/// Records VMs of other processes into one trace, until they end, the time is over or a signal comes. Nothing is asked of
/// the VMs: the kernel's tracepoints on their vCPU threads are all there is.
struct Attacher: ~Copyable {
  private var recording: AttachedRecording
  private var follower: VMFollower
  private var progress = Progress()

  /// Looks at this host and starts the trace at `path`.
  ///
  /// - Throws: ``Failure`` where the kernel's events cannot be had: there is nothing else to record.
  init(
    _ target: AttachTarget, path: FilePath, details: Bool, filters: FilterOptions, bufferKiB: Int?,
    mostBytes: UInt64?
  ) throws(Failure) {
    let filter = try filters.filter { () throws(Failure) in try HostUnderTest().tscKHz }
    let kernel = try KernelTier.ofOthers(details: details, bufferKiB: bufferKiB, filter: filter)
    let host = try HostUnderTest()
    let session = try TraceSession(
      path: path, host: host.description, kernel: kernel, measuresProbes: false, mostBytes: mostBytes)
    session.measureKernelEvents(host.system)
    for note in kernel.notes { Terminal.note(note) }
    if let text = filters.text {
      session.write([HostAttribute(host: 0, name: HostDescription.Key.recordingFilters.rawValue, value: text)]
      )
    }
    let wanted = filters.vcpu?.vcpus
    recording = AttachedRecording(session, kernel, wantedVCPUs: wanted)
    follower = VMFollower(target, wantedVCPUs: wanted)
  }

  /// Records `processes`, and what comes where the target is open, for so many seconds at the most; then ends the trace.
  ///
  /// - Throws: ``Failure``.
  mutating func record(_ processes: [KVMProcess], seconds: Double?) throws(Failure) -> RecorderProgress {
    let failure = follow(processes, seconds: seconds)
    progress.clear()
    recording.stop()
    let session = recording.session
    for vm in follower.vms { session.note(vm.index, [AttachedVM.outcome.key: AttachedVM.outcome.stopped]) }
    defer { recording.kernel.close() }
    try session.finish()
    if let failure { throw failure }
    return session.progress
  }

  private mutating func follow(_ processes: [KVMProcess], seconds: Double?) -> Failure? {
    let start = MonotonicClock.seconds()
    do throws(Failure) {
      try follower.begin(processes, &recording)
      while true {
        let passed = MonotonicClock.seconds() - start
        let left = seconds.map { $0 - passed } ?? .infinity
        guard left > 0, !Interruption.hasCome, !recording.session.progress.hasFailed, !follower.isOver else {
          return nil
        }
        show(passed)
        Interruption.wait(milliseconds: Int32(min(Double(VMFollower.period), (left * 1000).rounded(.up))))
        try follower.look(&recording)
      }
    } catch {
      return error
    }
  }

  private mutating func show(_ seconds: Double) {
    let recorded = recording.session.progress
    let vms = follower.vms
    let names = vms.count == 1 ? vms[0].label : "\(vms.count) VMs"
    let threads = vms.reduce(0) { $0 + $1.threadCount }
    progress.show(
      "\(names): \(threads) vCPU threads, \(recorded.events) events recorded, \(recorded.drops) dropped, \(Int(seconds)) s",
      seconds: seconds)
  }
}
