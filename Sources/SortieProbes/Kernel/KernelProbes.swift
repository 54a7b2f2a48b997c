public import SortieTrace
import Synchronization

/// The kernel's own stamps: tracepoints of KVM and of the scheduler, recorded in a trace instance of our own.
///
/// The instance is there as long as this object: it is removed with it, and the one of a process that was killed by the
/// next. Events are filtered in the kernel to the threads given to ``start(_:)``.
public final class KernelProbes: Sendable {
  /// What is recorded, and how.
  public struct Configuration: Sendable {
    /// The events that only details add too.
    public var details: Bool
    /// The system calls of the threads, and the accesses to ports and memory that leave for user space: what makes round
    /// trips of a machine monitor that stamps nothing.
    public var systemCalls: Bool
    /// Which operations are kept; nil: all.
    public var filter: OperationFilter?
    /// Bytes of the kernel's buffer of each CPU.
    public var bufferBytes: Int

    /// Bytes of all CPUs' buffers together that the default keeps to.
    private static let mostBytes = 256 << 20

    /// A configuration; `bufferBytes` nil: 4 MiB, less on a host of more than 64 CPUs.
    public init(
      details: Bool = false, systemCalls: Bool = false, filter: OperationFilter? = nil,
      bufferBytes: Int? = nil, cpus: Int
    ) {
      self.details = details
      self.systemCalls = systemCalls
      self.filter = filter
      self.bufferBytes = bufferBytes ?? min(4 << 20, Self.mostBytes / max(1, cpus))
    }

    func wants(_ event: KernelEvent) -> Bool {
      // What a guest physical address is told by, where the exit does not.
      if event.name == "kvm/kvm_page_fault", filter?.memory.isEmpty == false { return true }
      return switch event.need {
      case .always: true
      case .access: details || systemCalls
      case .detail: details
      case .systemCall: systemCalls
      }
    }
  }

  /// An event that is not recorded, and why.
  public struct MissingEvent: Sendable, Equatable {
    /// Named as `system/event`.
    public let name: String
    /// Why, in words.
    public let reason: String
  }

  /// Events recorded, named as `system/event`.
  public let events: [String]
  /// Events that are not.
  public let missing: [MissingEvent]
  /// The layouts of the events recorded, as the kernel states them.
  public let formats: [EventFormatRow]
  /// Instances that killed processes had left, now removed.
  public let orphans: [String]
  /// What brings the events into a trace, between ``start(_:)`` and ``stop()``.
  public let source: KernelSource
  /// Stream numbers taken, from the first one on.
  public let streamCount: UInt32
  /// Bytes of each CPU's buffer.
  public var bufferBytes: Int { instance.bufferBytes }

  let instance: TraceInstance
  /// Counts of events that never got into the buffers, by CPU, as last read.
  private let dropped: Mutex<[UInt64]>

  /// Makes the instance and switches the events on in it; nothing is recorded before ``start(_:)``. Streams have numbers
  /// from `firstStream` on.
  ///
  /// - Throws: ``ProbeError`` where no kernel stamps can be had.
  public init(_ configuration: Configuration, firstStream: StreamID) throws(ProbeError) {
    let tracefs = try Tracefs()
    orphans = TraceInstance.removeOrphans(tracefs)
    let instance = try TraceInstance(tracefs, bufferBytes: configuration.bufferBytes)
    let found = Self.enable(KernelEvent.all.filter(configuration.wants), instance)
    // Ids of threads are used again: the kernel takes those that end off the list of those recorded.
    if configuration.systemCalls { try instance.forgetEndedThreads() }
    guard found.layouts.contains(where: { $0.event.name.hasPrefix("kvm/") }),
      let decoder = KernelEventDecoder(found.layouts)
    else { throw .noEvents }
    let layout = try Self.pageLayout(instance)
    var readers: [CPUBufferReader] = []
    for (index, cpu) in instance.cpus.enumerated() {
      let first = firstStream.rawValue + 2 * UInt32(index)
      readers.append(
        try CPUBufferReader(
          instance, cpu: cpu, layout: layout, kernel: StreamID(rawValue: first),
          scheduler: StreamID(rawValue: first + 1), isFiltered: configuration.filter != nil))
    }
    events = found.layouts.map(\.event.name)
    missing = found.missing
    formats = found.formats + (configuration.filter == nil ? [] : [LeftOutEvent.format])
    streamCount = 2 * UInt32(instance.cpus.count)
    dropped = Mutex(instance.cpus.map { _ in 0 })
    source = KernelSource(
      readers, decoder,
      configuration.filter.map { OperationSieve($0, found.layouts, cpus: instance.cpus.count) })
    self.instance = instance
  }

  deinit {
    instance.stop()
    source.close()
  }

  private typealias Found = (layouts: [EventLayout], formats: [EventFormatRow], missing: [MissingEvent])

  private static func enable(_ events: [KernelEvent], _ instance: borrowing TraceInstance) -> Found {
    var found: Found = ([], [], [])
    for event in events {
      guard instance.directory.has("events/\(event.name)") else {
        found.missing.append(MissingEvent(name: event.name, reason: "this kernel does not have it"))
        continue
      }
      do throws(ProbeError) {
        let text = try instance.directory.read("events/\(event.name)/format")
        let format = try parse(text, event.name)
        try instance.enable(event.name, true)
        let row = event.isScheduler ? KernelRows.scheduler : KernelRows.kernel
        found.layouts.append(EventLayout(event, format, row: row))
        found.formats.append(EventFormatRow(event: UInt64(format.id), name: event.name, format: text))
      } catch {
        found.missing.append(MissingEvent(name: event.name, reason: "\(error)"))
      }
    }
    return found
  }

  private static func parse(_ text: String, _ name: String) throws(ProbeError) -> EventFormat {
    do throws(EventFormatError) { return try EventFormat(text) } catch {
      throw .layout("events/\(name)/format", error)
    }
  }

  private static func pageLayout(_ instance: borrowing TraceInstance) throws(ProbeError) -> RingBufferLayout {
    let path = "events/header_page"
    let text = try instance.directory.read(path)
    do throws(EventFormatError) { return try RingBufferLayout(text) } catch { throw .layout(path, error) }
  }

  /// What follows goes into another trace than what came before. Precondition: nothing is being recorded, and the last drain
  /// was after ``stop()``.
  public func beginTrace() { source.beginTrace() }

  /// Records from now on what `threads` do. They must not have entered their guests yet, or what they did is missing.
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  public func start(_ threads: [TracedThread]) throws(ProbeError) {
    source.begin(threads)
    try instance.start(threads: threads.map(\.id))
  }

  /// Records from now on what `threads` do besides those it was started with. Nothing is lost meanwhile.
  ///
  /// - Throws: ``ProbeError/file(_:operation:_:)``.
  public func add(_ threads: [TracedThread]) throws(ProbeError) {
    source.add(threads)
    try instance.add(threads: threads.map(\.id))
  }

  /// Records nothing more. What was recorded is in the trace after the source's next drain.
  public func stop() {
    instance.stop()
    let counts = instance.cpus.map { cpu in
      (instance.statistic("commit overrun", cpu: cpu) ?? 0)
        &+ (instance.statistic("dropped events", cpu: cpu) ?? 0)
    }
    source.end(
      dropped: dropped.withLock { known in
        defer { known = counts }
        return zip(counts, known).map { $0 &- $1 }
      })
  }
}
