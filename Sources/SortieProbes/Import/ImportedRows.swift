internal import SortieTrace

/// Writes the events of a recording that are about vCPU threads into a trace: per CPU a stream of KVM's and one of the
/// scheduler's. Second pass over a recording.
final class ImportedRows: ImportVisitor {
  /// What has gathered of a CPU.
  private struct Rows {
    var kernel: KernelRows
    var scheduler: KernelRows
  }

  /// What is known of a CPU.
  private struct Place {
    var lastTime: UInt64 = 0
    /// Events are missing from there on.
    var loss: (cause: LossCause, count: UInt64?)?
    var isAnnounced: (kernel: Bool, scheduler: Bool) = (false, false)
  }

  private var writer: TraceFileWriter?
  private let decoder: KernelEventDecoder
  private let events: EventThreads
  private let threads: Set<UInt32>
  private let clock: StreamClock
  private var places: [UInt32: Place] = [:]
  private var open: [UInt32: Rows] = [:]
  private var latest: UInt64 = 0
  private var fromStart: [(cpu: UInt32, count: UInt64?)] = []
  /// Events taken.
  private(set) var count: UInt64 = 0
  /// Events of CPUs that no kernel numbers so, or too short for what they are.
  private(set) var unreadable: UInt64 = 0

  /// CPUs whose rows gather at a time; with more, all are written.
  private static let mostOpen = 1024
  /// Numbers of CPUs (`NR_CPUS` of x86).
  private static let mostCPUs: UInt32 = 8192

  init(
    _ writer: consuming TraceFileWriter, _ decoder: KernelEventDecoder, _ events: EventThreads,
    threads: Set<UInt32>, clock: StreamClock
  ) {
    self.writer = consume writer
    self.decoder = decoder
    self.events = events
    self.threads = threads
    self.clock = clock
  }

  func write<Row: TraceRow>(_ rows: [Row]) throws(ImportError) {
    guard !rows.isEmpty else { return }
    do throws(TraceError) { try writer?.append(rows: rows) } catch { throw .trace(error) }
  }

  func name(thread: UInt32, process: UInt32?, _ name: String) {}

  func take(_ event: ImportedEvent) throws(ImportError) {
    guard event.cpu < Self.mostCPUs else {
      unreadable += 1
      return
    }
    latest = max(latest, event.time)
    closeLoss(event.cpu, at: event.time)
    places[event.cpu, default: Place()].lastTime = event.time
    guard events.isAbout(threads, event.record) else { return }
    let rows = try rows(of: event.cpu)
    guard decoder.take(event.record, at: event.time, kernel: rows.kernel, scheduler: rows.scheduler) else {
      unreadable += 1
      return
    }
    count += 1
    if rows.kernel.isFull || rows.scheduler.isFull { try write(event.cpu, rows) }
  }

  private func rows(of cpu: UInt32) throws(ImportError) -> Rows {
    if let rows = open[cpu] { return rows }
    if open.count >= Self.mostOpen { try writeAll() }
    do throws(ProbeError) {
      let rows = Rows(
        kernel: try KernelRows(KernelRows.kernel), scheduler: try KernelRows(KernelRows.scheduler))
      open[cpu] = rows
      return rows
    } catch {
      throw .refused("\(error)")
    }
  }

  private func writeAll() throws(ImportError) {
    for cpu in open.keys.sorted() { if let rows = open[cpu] { try write(cpu, rows) } }
    open = [:]
  }

  private static func streams(of cpu: UInt32) -> (kernel: StreamID, scheduler: StreamID) {
    (StreamID(rawValue: 1 + 2 * cpu), StreamID(rawValue: 2 + 2 * cpu))
  }

  private func write(_ cpu: UInt32, _ rows: Rows) throws(ImportError) {
    let streams = Self.streams(of: cpu)
    if rows.kernel.count > 0 {
      try announce(cpu, streams.kernel, .kernel, \.kernel, "kernel events of CPU \(cpu)")
      try append(rows.kernel, streams.kernel)
    }
    if rows.scheduler.count > 0 {
      try announce(cpu, streams.scheduler, .scheduler, \.scheduler, "scheduler events of CPU \(cpu)")
      try append(rows.scheduler, streams.scheduler)
    }
  }

  private func announce(
    _ cpu: UInt32, _ stream: StreamID, _ kind: StreamKind,
    _ flag: WritableKeyPath<(kernel: Bool, scheduler: Bool), Bool>, _ name: String
  ) throws(ImportError) {
    guard places[cpu]?.isAnnounced[keyPath: flag] == false else { return }
    places[cpu]?.isAnnounced[keyPath: flag] = true
    try write([StreamRow(stream: stream, kind: kind, clock: clock, name: name, physicalCPU: cpu)])
  }

  private func append(_ rows: KernelRows, _ stream: StreamID) throws(ImportError) {
    do throws(TraceError) { try writer?.append(events: rows.take(), stream: stream) } catch {
      throw .trace(error)
    }
  }

  func lose(cpu: UInt32, count: UInt64?, cause: ImportLoss, fromStart: Bool) {
    guard cpu < Self.mostCPUs, count != 0 else { return }
    guard !fromStart else {
      self.fromStart.append((cpu, count))
      return
    }
    let cause: LossCause = cause == .overrun ? .kernelOverrun : .kernelUnreadable
    let known = places[cpu, default: Place()].loss
    places[cpu]?.loss = known.map { ($0.cause, nil) } ?? (cause, count)
  }

  private func closeLoss(_ cpu: UInt32, at time: UInt64) {
    guard let place = places[cpu], let loss = place.loss else { return }
    places[cpu]?.loss = nil
    writer?.noteLoss(
      Self.streams(of: cpu).kernel, firstTSC: min(place.lastTime, time), lastTSC: time, cause: loss.cause,
      count: loss.count)
  }

  /// Writes what is left, and ends the file; its bytes.
  ///
  /// - Throws: ``ImportError/trace(_:)``.
  func finish() throws(ImportError) -> UInt64 {
    try writeAll()
    try write(
      decoder.takeNamedThreads().filter { !threads.contains($0.id) }.map {
        ThreadRow(thread: $0.id, name: $0.name)
      })
    for cpu in places.keys.sorted() { closeLoss(cpu, at: latest) }
    for (cpu, count) in fromStart {
      writer?.noteLoss(
        Self.streams(of: cpu).kernel, firstTSC: 0, lastTSC: latest, cause: .kernelOverrun, count: count)
    }
    guard let writer = writer.take() else { return 0 }
    do throws(TraceError) { return try writer.finish() } catch { throw .trace(error) }
  }
}
