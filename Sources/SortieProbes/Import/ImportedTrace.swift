internal import SortieTrace
public import SystemPackage

/// Another tool's recording of KVM's tracepoints, on its way into a trace: perf.data or trace.dat.
public final class ImportedTrace {
  /// What was written.
  public struct Summary: Sendable {
    /// Events in the trace.
    public var events: UInt64
    /// Bytes of the trace.
    public var bytes: UInt64
    /// What the user must know of what is missing.
    public var notes: [String]
  }

  private let recording: any ImportedRecording
  private let path: String
  private let events: EventThreads
  private let threads: ImportedThreads
  private let vms: [ImportedThreads.VM]

  /// What the recording is, in words.
  public var kind: String { recording.kind }
  /// VMs in it.
  public var vmCount: Int { vms.count }
  /// Threads that run vCPUs in it.
  public var vcpuCount: Int { vms.reduce(0) { $0 + $1.vcpus.count } }
  /// Events of sortie's that it has not, and what is unknown for that.
  public var gaps: [String] {
    let names = Set(formats.map(\.name))
    var gaps: [String] = []
    if !names.contains("kvm/kvm_exit") { gaps.append("it has no kvm_exit: why guests exited is unknown") }
    if !names.contains("kvm/kvm_entry") { gaps.append("it has no kvm_entry: what exits cost is unknown") }
    if !names.contains("kvm/kvm_userspace_exit") {
      gaps.append("it has no kvm_userspace_exit: which exits went to the machine monitor is unknown")
    } else if !Self.callEvents.isSubset(of: names) {
      gaps.append("it has no raw_syscalls: how long round trips were in the machine monitor is unknown")
    }
    if !names.contains("sched/sched_switch") {
      gaps.append("it has no sched_switch: time off the CPU and asleep is in all durations, and unknown")
    }
    if vms.contains(where: { $0.process == nil }) {
      gaps.append("it does not say of which process a thread is: all vCPUs stand under one VM")
    }
    return gaps
  }

  private static let callEvents: Set<String> = ["raw_syscalls/sys_enter", "raw_syscalls/sys_exit"]

  /// Opens a recording and looks for the vCPUs in it.
  ///
  /// - Throws: ``ImportError``.
  public convenience init(path: FilePath) throws(ImportError) {
    try self.init(ImportInput(path: path))
  }

  init(_ input: ImportInput) throws(ImportError) {
    path = input.path
    recording = try ImportFormats.recording(input)
    guard let events = EventThreads(recording.layouts.layouts) else {
      throw .refused("no event of KVM's is described in it: \(ImportFormats.advice)")
    }
    self.events = events
    threads = ImportedThreads(events)
    try recording.visit(threads)
    vms = threads.vms
    guard !vms.isEmpty else {
      let cut = recording.notes.map { "; \($0)" }.joined()
      throw .refused("no exit of a guest was recorded in it\(cut): \(ImportFormats.advice)")
    }
  }

  /// The layouts of the events that were recorded.
  private var formats: [EventFormatRow] {
    let recorded = recording.enabledEvents ?? threads.seen
    return recording.layouts.formats.filter { recorded.contains($0.event) }
  }

  /// Writes the trace to `path`.
  ///
  /// - Throws: ``ImportError``.
  public func write(to path: FilePath) throws(ImportError) -> Summary {
    try write { (identity) throws(TraceError) in try TraceFileWriter(path: path, identity: identity) }
  }

  func write(
    _ open: (TraceIdentity) throws(TraceError) -> TraceFileWriter
  ) throws(ImportError) -> Summary {
    guard let decoder = KernelEventDecoder(recording.layouts.layouts) else {
      throw .refused("its events do not agree on what all records begin with")
    }
    var kilohertz: UInt64?
    if case .tsc(let known) = recording.clock { kilohertz = known }
    let identity = TraceIdentity(bootID: nil, tscKHz: kilohertz, tscIsInvariant: nil)
    let writer: TraceFileWriter
    do throws(TraceError) { writer = try open(identity) } catch { throw .trace(error) }
    let rows = ImportedRows(writer, decoder, events, threads: threads.ids, clock: streamClock)
    try describe(to: rows)
    try recording.visit(rows)
    var notes = recording.notes
    if threads.isFull { notes.append("there are more vCPU threads than are told apart") }
    if rows.unreadable > 0 { notes.append("\(rows.unreadable) events cannot be understood and are missing") }
    if !notes.isEmpty {
      try rows.write([HostAttribute(host: 0, name: "import_missing", value: notes.joined(separator: "; "))])
    }
    let bytes = try rows.finish()
    return Summary(events: rows.count, bytes: bytes, notes: notes)
  }

  private var streamClock: StreamClock {
    switch recording.clock {
    case .tsc: .hostTSC
    case .monotonic: .monotonic
    case .nanoseconds: .nanoseconds
    }
  }

  private var clockName: String {
    switch recording.clock {
    case .tsc: "TSC, cycles"
    case .monotonic: "CLOCK_MONOTONIC, ns"
    case .nanoseconds(let name): name
    }
  }

  /// What the tables of the trace say.
  private func describe(to rows: ImportedRows) throws(ImportError) {
    let file = path.split(separator: "/").last.map { String($0) } ?? path
    var host = recording.host
    host[HostDescription.Key.kernelTier.rawValue] = "recorded"
    host[HostDescription.Key.kernelEvents.rawValue] = formats.map(\.name).joined(separator: " ")
    let attributes =
      host.map { ($0.key, $0.value) } + [
        ("imported_from", "\(file) (\(recording.kind))"), ("stamp_clock", clockName),
      ]
    try rows.write(
      attributes.sorted { $0.0 < $1.0 }.map { HostAttribute(host: 0, name: $0.0, value: $0.1) })
    try rows.write(formats)
    for vm in vms {
      var attributes = [("name", vm.name)]
      if let process = vm.process { attributes.append(("imported_pid", "\(process)")) }
      try rows.write(attributes.map { VMAttribute(vm: vm.index, name: $0.0, value: $0.1) })
      try rows.write(vm.vcpus)
      try rows.write(vm.threads)
    }
  }
}
