import SortieTrace
import Testing

/// What `perf kvm stat` recorded over the runs of all workloads, as it reports it, and by thread from the same samples.
struct PerfRecording {
  /// Samples of `kvm_exit` by thread and by the kernel's name of the reason.
  let exits: [UInt32: [String: UInt64]]
  /// The report's rows: exits that `perf kvm stat` found a re-entry for, by name.
  let report: [String: UInt64]

  init() throws {
    let samples = try Lab.outcome("perf-exits").output
    var exits: [UInt32: [String: UInt64]] = [:]
    for line in samples.split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 2)
      let (count, thread) = (UInt64(fields[0]), fields.count == 3 ? UInt32(fields[1]) : nil)
      let (known, times) = (try #require(thread), try #require(count))
      exits[known, default: [:]][String(fields[2])] = times
    }
    self.exits = exits
    // Without a terminal the table goes to standard error.
    let outcome = try Lab.outcome("perf-report")
    var report: [String: UInt64] = [:]
    for line in (outcome.output + outcome.errors).split(separator: "\n") {
      if let row = line.firstMatch(of: /^ *(\S.*?) +([0-9]+) +[0-9.]+% +[0-9.]+%/) {
        let count = try #require(UInt64(row.2))
        report[String(row.1)] = count
      }
    }
    self.report = report
  }

  /// The numbers of the reasons by their names for SVM, from the `print fmt` of `kvm_exit` as the kernel has it: entries
  /// such as `{ 0x040 + 6, "UD excp" }`.
  static func reasons(_ trace: TraceFile) throws -> [String: UInt32] {
    let format = try #require(try trace.rows(EventFormatRow.self).first { $0.name == "kvm/kvm_exit" }?.format)
    let symbols = try #require(format.split(separator: ": __print_symbolic(REC->exit_reason, ").last)
    var reasons: [String: UInt32] = [:]
    for entry in symbols.matches(of: /\{ 0x([0-9a-f]+)(?: \+ ([0-9]+))?, "([^"]+)" \}/) {
      let number = try #require(UInt32(entry.1, radix: 16))
      reasons[String(entry.3)] = number + (entry.2.flatMap { UInt32($0) } ?? 0)
    }
    return reasons
  }
}
