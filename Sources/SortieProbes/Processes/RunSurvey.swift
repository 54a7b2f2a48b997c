internal import Glibc

/// Finds out by the kernel's events which threads run the vCPUs of a process whose names do not say: who enters a guest, and
/// who calls `KVM_RUN` with which descriptor.
public enum RunSurvey {
  /// Milliseconds between two looks.
  private static let period: UInt32 = 20
  /// KiB of each CPU's buffer: some thousand events, of which each thread makes the same ones over and over.
  private static let bufferBytes = 256 << 10

  /// Watches the threads of `process` that nothing is known of, until each vCPU has one or `milliseconds` are over.
  ///
  /// - Throws: ``ProbeError``.
  public static func complete(
    _ process: inout KVMProcess, milliseconds: UInt32 = 300, in files: ProcessFiles = ProcessFiles()
  ) throws(ProbeError) {
    guard !process.vcpusWithoutThread.isEmpty, !process.others.isEmpty else { return }
    let tracefs = try Tracefs()
    let instance = try TraceInstance(tracefs, bufferBytes: bufferBytes)
    var isWatching = false
    for (event, filter) in [("kvm/kvm_entry", nil), ("raw_syscalls/sys_enter", "id == \(WaitingCall.ioctl)")]
    where tracefs.has(event: event) {
      if let filter { try instance.filter(event, filter) }
      try instance.enable(event, true)
      isWatching = true
    }
    guard isWatching else { return }
    try instance.start(threads: process.others)
    defer { instance.stop() }
    for _ in 0..<max(1, milliseconds / period) {
      usleep(period * 1000)
      process.learn(RunSighting.all(in: try instance.text()), in: files)
      if process.vcpusWithoutThread.isEmpty { return }
      instance.clear()
    }
  }
}
