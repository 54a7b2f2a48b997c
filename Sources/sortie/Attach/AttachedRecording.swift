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
    let index = session.addVM(AttachedVM.attributes(of: process))
    let leftOut = process.vcpus.filter { wantedVCPUs?.contains($0) == false }
    if !leftOut.isEmpty {
      session.note(index, ["vcpus_left_out": leftOut.map { "\($0)" }.joined(separator: ", ")])
    }
    return index
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
    session.note(vm.index, ["outcome": "the VM ended while it was observed"])
  }

  func note(_ text: String) { Terminal.note(text) }

  /// Takes what is left; nothing is recorded any more.
  func stop() {
    kernel.stop()
    if let source { session.recorder.remove(source) }
  }
}
