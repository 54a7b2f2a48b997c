/// The recordings of other tools that are read.
enum ImportFormats {
  /// What to do about a recording in which there is nothing.
  static let advice =
    "record with perf record -a -e 'kvm:*' (and -e 'raw_syscalls:*' -e 'sched:sched_switch' for round trips and"
    + " time off the CPU), perf kvm stat record, or trace-cmd record -e kvm"

  /// The recording that `input` is, by its first bytes.
  ///
  /// - Throws: ``ImportError``.
  static func recording(_ input: ImportInput) throws(ImportError) -> any ImportedRecording {
    let start = try InputCursor(input, at: 0, what: "the file").prefix(16)
    if PerfHeader.claims(start) { return try PerfRecording(input) }
    if TraceDatFile.claims(start) { return try TraceDatRecording(input) }
    throw .refused("this is neither a perf.data nor a trace.dat file")
  }
}
