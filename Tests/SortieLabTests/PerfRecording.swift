import LabBoot

/// What `perf kvm stat` recorded over the runs of all workloads, as it reports it, and by thread from the same samples.
struct PerfRecording {
  /// Samples of `kvm_exit` by thread and by the kernel's name of the reason.
  let exits: [UInt32: [String: UInt64]]
  /// The report's rows: exits that `perf kvm stat` found a re-entry for, by name.
  let report: [String: UInt64]

  /// What it says, read once.
  static func ofAllWorkloads() throws -> PerfRecording { try recording.get() }

  private static let recording = Result { try PerfRecording() }

  private init() throws {
    exits = try PerfReasons.samples(recordedBy: Lab.file("perf.data", of: "workloads"))
    // Without a terminal the table goes to standard error.
    let outcome = try Lab.outcome("perf-report")
    report = PerfReasons.report(outcome.output + outcome.errors)
  }
}
