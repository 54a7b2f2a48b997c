import SortieMachine
import SortieProbes
import SortieTrace
import SystemPackage

/// Records VMs of other processes into one trace, until they end, the time is over or a signal comes. Nothing is asked of
/// the VMs: the kernel's tracepoints on their vCPU threads are all there is.
struct Attacher: ~Copyable {
  private let session: TraceSession
  private let kernel: KernelTier
  private let target: AttachTarget
  private var vms: [AttachedVM] = []
  private var source: (any RecordingSource)?
  private var progress = Progress()

  /// Milliseconds between two looks at the processes.
  private static let period: Int32 = 1000
  /// Milliseconds for which threads without a telling name are watched, at first and at each later look.
  private static let surveys: (first: UInt32, later: UInt32) = (500, 100)
  /// What round trips are made of.
  private static let neededEvents = [
    "raw_syscalls/sys_enter", "raw_syscalls/sys_exit", "kvm/kvm_userspace_exit",
  ]

  /// Looks at this host and starts the trace at `path`.
  ///
  /// - Throws: ``Failure`` where the kernel's events cannot be had: there is nothing else to record.
  init(_ target: AttachTarget, path: FilePath, details: Bool, bufferKiB: Int?) throws(Failure) {
    let kernel = KernelTier(KernelSettings(details: details, systemCalls: true, bufferKiB: bufferKiB))
    if let absence = kernel.absence {
      throw Failure(
        "the kernel's events, without which nothing can be seen, cannot be had: \(absence)",
        status: .unsupportedHere)
    }
    if let missing = Self.neededEvents.first(where: { !kernel.has(event: $0) }) {
      throw Failure(
        "this kernel does not record \(missing), without which no return of KVM_RUN is seen",
        status: .unsupportedHere)
    }
    let host = try HostUnderTest()
    session = try TraceSession(path: path, host: host.description, kernel: kernel, measuresProbes: false)
    session.measureKernelEvents(host.system)
    for note in kernel.notes { Terminal.note(note) }
    self.kernel = kernel
    self.target = target
  }

  /// Records `processes`, and what comes where the target is open, for so many seconds at the most; then ends the trace.
  ///
  /// - Throws: ``Failure``.
  mutating func record(_ processes: [KVMProcess], seconds: Double?) throws(Failure) -> RecorderProgress {
    let failure = follow(processes, seconds: seconds)
    progress.clear()
    kernel.stop()
    if let source { session.recorder.remove(source) }
    for vm in vms { session.note(vm.index, ["outcome": "completed"]) }
    defer { kernel.close() }
    try session.finish()
    if let failure { throw failure }
    return session.progress
  }

  private mutating func follow(_ processes: [KVMProcess], seconds: Double?) -> Failure? {
    let start = MonotonicClock.seconds()
    do throws(Failure) {
      for process in processes { try attach(process) }
      while true {
        let passed = MonotonicClock.seconds() - start
        let left = seconds.map { $0 - passed } ?? .infinity
        guard left > 0, !Interruption.hasCome, !session.progress.hasFailed else { return nil }
        if vms.isEmpty, !target.isOpen { return nil }
        show(passed)
        Interruption.wait(milliseconds: Int32(min(Double(Self.period), (left * 1000).rounded(.up))))
        try look()
      }
    } catch {
      return error
    }
  }

  private mutating func show(_ seconds: Double) {
    let recorded = session.progress
    let names = vms.count == 1 ? vms[0].label : "\(vms.count) VMs"
    let threads = vms.reduce(0) { $0 + $1.threadCount }
    progress.show(
      "\(names): \(threads) vCPU threads, \(recorded.events) events recorded, \(recorded.drops) dropped, \(Int(seconds)) s",
      seconds: seconds)
  }

  private mutating func attach(_ process: KVMProcess) throws(Failure) {
    let index = session.addVM(AttachedVM.attributes(of: process))
    vms.append(AttachedVM(process, index: index))
    try take(process, at: vms.count - 1, survey: Self.surveys.first)
    let vm = vms[vms.count - 1]
    Terminal.note("attached to \(vm.label): \(vm.process.vcpus.count) vCPUs")
    let unknown = vm.process.vcpusWithoutThread
    if !unknown.isEmpty {
      Terminal.note(
        "\(vm.label): no thread was seen to run vCPU \(unknown.map { "\($0)" }.joined(separator: ", ")); sortie keeps looking"
      )
    }
  }

  /// Looks at the processes again: threads and VMs come and go.
  private mutating func look() throws(Failure) {
    for index in vms.indices.reversed() {
      let vm = vms[index]
      if vm.process.isAlive(), let process = try? KVMProcess(vm.process.pid) {
        try take(process, at: index, survey: Self.surveys.later)
      } else {
        session.note(vm.index, ["outcome": "the VM ended while it was observed"])
        Terminal.note("\(vm.label) has ended")
        vms.remove(at: index)
      }
    }
    guard target.isOpen else { return }
    let known = Set(vms.map(\.process.pid))
    for process in try target.processes() where !known.contains(process.pid) {
      try attach(process)
    }
  }

  /// Records the threads of `process` that are new.
  private mutating func take(_ process: KVMProcess, at index: Int, survey milliseconds: UInt32)
    throws(Failure)
  {
    var process = process
    process.keepThreads(of: vms[index].process)
    do { try RunSurvey.complete(&process, milliseconds: milliseconds) } catch { throw Failure(error) }
    let update = vms[index].update(process)
    guard !update.threads.isEmpty else { return }
    session.write(update.vcpus)
    session.write(update.rows)
    if source != nil {
      try kernel.add(update.threads)
    } else {
      guard let started = kernel.start(update.threads) else {
        throw Failure("the kernel's events cannot be switched on: \(kernel.absence ?? "unknown")")
      }
      source = started
      session.recorder.add(started)
    }
  }
}
