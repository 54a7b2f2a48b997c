import SortieProbes
import SortieTrace

/// VMs of other processes on their way into a trace.
struct AttachedRecording: VMObserver {
  let session: TraceSession
  let kernel: KernelTier
  /// The vCPUs that are recorded; nil: all.
  private let wantedVCPUs: Set<UInt32>?
  private var source: (any RecordingSource)?

  init(_ session: TraceSession, _ kernel: KernelTier, wantedVCPUs: Set<UInt32>?) {
    (self.session, self.kernel, self.wantedVCPUs) = (session, kernel, wantedVCPUs)
  }

  func found(_ process: KVMProcess) -> UInt32 {
    session.addVM(AttachedVM.attributes(of: process, wanted: wantedVCPUs))
  }

  mutating func observe(_ update: AttachedVM.Update, of vm: AttachedVM) throws(Failure) {
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

  func ended(_ vm: AttachedVM) {
    session.note(vm.index, [AttachedVM.outcome.key: AttachedVM.outcome.ended])
  }

  func note(_ text: String) { Terminal.note(text) }

  /// Takes what is left; nothing is recorded any more.
  func stop() {
    kernel.stop()
    if let source { session.recorder.remove(source) }
  }
}
