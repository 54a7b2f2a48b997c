internal import Glibc
internal import SystemPackage

/// A trace instance of our own (Documentation/trace/ftrace.rst, "Instances"): buffers, clock, events and filter that
/// disturb no other user of tracing. It is removed with its owner.
struct TraceInstance: ~Copyable, Sendable {
  let directory: KernelDirectory
  /// CPUs that have a buffer.
  let cpus: [Int]
  /// Bytes of each CPU's buffer.
  let bufferBytes: Int
  private let tracefs: Tracefs
  private let path: String

  /// Creates an instance whose stamps are TSC cycles, switched off, with a buffer of `bufferBytes` for each CPU, or
  /// the half of it, and so on, where the kernel has no such memory.
  ///
  /// - Throws: ``ProbeError``.
  init(_ tracefs: Tracefs, bufferBytes: Int) throws(ProbeError) {
    guard let name = InstanceName.next() else {
      throw .file("/proc/self/stat", operation: "read", .noSuchFileOrDirectory)
    }
    let path = "instances/\(name)"
    try tracefs.root.make(path)
    let prepared: Prepared
    do throws(ProbeError) {
      prepared = try Self.prepare(try tracefs.root.directory(path), bufferBytes)
    } catch {
      tracefs.root.remove(path)
      throw error
    }
    (directory, cpus, self.bufferBytes) = prepared
    self.tracefs = tracefs
    self.path = path
  }

  deinit {
    // Whatever is still open in it keeps it alive: readers go before.
    tracefs.root.remove(path)
  }

  /// Removes the instances of processes that ended without removing theirs (SIGKILL), and returns their names.
  @discardableResult
  static func removeOrphans(_ tracefs: Tracefs) -> [String] {
    let names = (try? tracefs.root.names(in: "instances")) ?? []
    return names.filter { name in
      InstanceName(name)?.isOrphan == true && tracefs.root.remove("instances/\(name)")
    }
  }

  private typealias Prepared = (directory: KernelDirectory, cpus: [Int], bufferBytes: Int)

  private static func prepare(_ directory: KernelDirectory, _ bufferBytes: Int) throws(ProbeError) -> Prepared
  {
    try directory.write("0", to: "tracing_on")
    try setClock(directory)
    let cpus = try directory.names(in: "per_cpu").compactMap { name in
      name.hasPrefix("cpu") ? Int(name.dropFirst(3)) : nil
    }
    return (directory, cpus.sorted(), try setBuffer(directory, bufferBytes))
  }

  private static func setClock(_ directory: KernelDirectory) throws(ProbeError) {
    let clocks = try directory.read("trace_clock").filter { $0 != "\n" }
    guard clocks.split(separator: " ").contains(where: { $0 == "x86-tsc" || $0 == "[x86-tsc]" }) else {
      throw .noTSCClock(available: clocks)
    }
    try directory.write("x86-tsc", to: "trace_clock")
  }

  private static let leastBufferBytes = 64 << 10

  private static func setBuffer(_ directory: KernelDirectory, _ wanted: Int) throws(ProbeError) -> Int {
    var bytes = max(wanted, leastBufferBytes)
    while true {
      do throws(ProbeError) {
        try directory.write("\(bytes >> 10)", to: "buffer_size_kb")
        return bytes
      } catch {
        guard case .file(_, _, .noMemory) = error, bytes > leastBufferBytes else { throw error }
        bytes /= 2
      }
    }
  }

  /// Records from now on what the threads `ids` do, and nothing else. Recording is off while they change: an empty
  /// list would mean every thread of the system.
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  func start(threads ids: [UInt32]) throws(ProbeError) {
    try directory.write("0", to: "tracing_on")
    guard !ids.isEmpty else { return }
    try directory.write(ids.map { "\($0)" }.joined(separator: " "), to: "set_event_pid")
    try directory.write("1", to: "tracing_on")
  }

  /// Records from now on what the threads `ids` do besides. Precondition: recording was started with some.
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  func add(threads ids: [UInt32]) throws(ProbeError) {
    guard !ids.isEmpty else { return }
    // The kernel adds what is written to a file that was not emptied when it was opened.
    try directory.append(ids.map { "\($0)" }.joined(separator: " "), to: "set_event_pid")
  }

  /// Has the kernel take threads that end off the list of those recorded, and put children of those on it on it as well.
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  func forgetEndedThreads() throws(ProbeError) { try directory.write("1", to: "options/event-fork") }

  /// Records nothing more; what was recorded stays to be read.
  func stop() { try? directory.write("0", to: "tracing_on") }

  /// Throws away what was recorded.
  func clear() { try? directory.write("0", to: "trace") }

  /// Switches an event, named as `system/event`, on or off.
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  func enable(_ event: String, _ isOn: Bool) throws(ProbeError) {
    try directory.write(isOn ? "1" : "0", to: "events/\(event)/enable")
  }

  /// Records of an event, named as `system/event`, only what `condition` holds for (Documentation/trace/events.rst,
  /// "Event filtering").
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  func filter(_ event: String, _ condition: String) throws(ProbeError) {
    try directory.write(condition, to: "events/\(event)/filter")
  }

  /// What was recorded, a line an event, as far as a megabyte goes.
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  func text() throws(ProbeError) -> String { try directory.read("trace") }

  /// A counter of a CPU's buffer, such as `overrun` or `read events`; nil where the kernel does not say.
  func statistic(_ name: String, cpu: Int) -> UInt64? {
    guard let text = try? directory.read("per_cpu/cpu\(cpu)/stats") else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("\(name): ") }
    return line.flatMap { UInt64($0.dropFirst(name.count + 2)) }
  }
}
