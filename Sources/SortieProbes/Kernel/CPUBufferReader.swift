internal import CLinuxKVM
internal import Glibc
internal import SortieTrace

/// The events of one CPU on their way from the kernel's buffer into the trace. Used by the recorder's thread only.
final class CPUBufferReader {
  let cpu: Int
  let kernelStream: StreamID
  let schedulerStream: StreamID

  private let descriptor: Int32
  private let layout: RingBufferLayout
  private let page: UnsafeMutableRawBufferPointer
  /// Rows on their way to the trace.
  let kernel: KernelRows
  let scheduler: KernelRows
  /// Rows that a filter is to see first; nil: there is none.
  private let unfiltered: (kernel: KernelRows, scheduler: KernelRows)?
  /// Sub-buffers read at most in one turn, so that a CPU that fills its buffer as fast as it is emptied does not keep
  /// the others waiting.
  private let pagesPerTurn: Int
  private static let sparePages = 16
  private var announced: Set<StreamID> = []
  /// No event is missing before it: the last one read.
  private var lastTSC: UInt64 = 0
  /// Events from ``lastTSC`` to the next one read are missing.
  private var openLoss: (cause: LossCause, count: UInt64?)?
  private var isBroken = false
  private var hasMore = false

  /// Events read since ``begin()``.
  private(set) var events: UInt64 = 0
  /// Events known to be lost since ``begin()``.
  private(set) var lost: UInt64 = 0

  /// A reader of `cpu`'s buffer in `instance`; `isFiltered`: its rows go through a sieve.
  ///
  /// - Throws: ``ProbeError``.
  init(
    _ instance: borrowing TraceInstance, cpu: Int, layout: RingBufferLayout, kernel: StreamID,
    scheduler: StreamID, isFiltered: Bool
  ) throws(ProbeError) {
    self.cpu = cpu
    self.layout = layout
    kernelStream = kernel
    schedulerStream = scheduler
    self.kernel = try KernelRows(KernelRows.kernel)
    self.scheduler = try KernelRows(KernelRows.scheduler)
    unfiltered =
      isFiltered ? (try KernelRows(KernelRows.kernel), try KernelRows(KernelRows.scheduler)) : nil
    pagesPerTurn = instance.bufferBytes / layout.pageSize + Self.sparePages
    descriptor = try instance.directory.reader("per_cpu/cpu\(cpu)/trace_pipe_raw")
    page = .allocate(byteCount: layout.pageSize, alignment: 4096)
  }

  deinit {
    close(descriptor)
    page.deallocate()
  }

  /// Whether rows wait to be written.
  var hasRows: Bool { kernel.count + scheduler.count > 0 }

  /// What follows goes into another trace, which does not know of the streams yet.
  func beginTrace() { announced = [] }

  /// From here on events are counted anew; none before now is missing.
  func begin() {
    (events, lost) = (0, 0)
    lastTSC = sortie_rdtsc()
    openLoss = nil
  }

  /// No event before it is left in the kernel's buffer, after ``read(_:_:into:)``; nil: none at all is.
  var readUntil: UInt64? { hasMore ? lastTSC : nil }

  /// Takes what the kernel has, and hands full blocks to `writer`, or all to `sieve`, where its number is `index`.
  func read(
    _ decoder: KernelEventDecoder, _ sieve: OperationSieve?, index: Int, into writer: inout TraceFileWriter
  ) throws(TraceError) {
    var pages = 0
    hasMore = true
    defer { hold(in: sieve, index) }
    while pages < pagesPerTurn {
      guard let page = nextPage() else {
        hasMore = false
        return
      }
      pages += 1
      try take(page, decoder, sieve, index, into: &writer)
    }
  }

  /// The kernel's next sub-buffer, until it is asked for another one; nil where there is none.
  private func nextPage() -> UnsafeRawBufferPointer? {
    while !isBroken {
      let count = Glibc.read(descriptor, page.baseAddress, page.count)
      if count > 0 { return UnsafeRawBufferPointer(rebasing: page[..<count]) }
      if count < 0, errno == EINTR { continue }
      // EAGAIN: empty. Anything else will not pass.
      if count < 0, errno != EAGAIN { fail() }
      return nil
    }
    return nil
  }

  /// Hands what the kernel has to a sink, sub-buffer by sub-buffer while it is in the processor's cache.
  func read(_ decoder: KernelEventDecoder, into lent: KernelSource.LentSink) -> LiveDrain {
    var drain = LiveDrain()
    while drain.pages < pagesPerTurn, let page = nextPage() {
      drain.pages += 1
      take(page, decoder, into: lent.sink)
    }
    if drain.pages == pagesPerTurn { drain.end = lastTSC }
    drain.fullness = Double(drain.pages) / Double(max(1, pagesPerTurn - Self.sparePages))
    return drain
  }

  private func take(
    _ bytes: UnsafeRawBufferPointer, _ decoder: KernelEventDecoder, into sink: any LiveEventSink
  ) {
    guard var page = open(bytes) else { return }
    closeLoss(at: page.tsc, in: sink)
    while true {
      let outcome = decode(&page, decoder, kernel, scheduler)
      hand(kernel, to: sink)
      hand(scheduler, to: sink)
      guard outcome == .full else { return }
    }
  }

  private func hold(in sieve: OperationSieve?, _ index: Int) {
    guard let sieve, let unfiltered else { return }
    sieve.hold(unfiltered.kernel, stream: 2 * index)
    sieve.hold(unfiltered.scheduler, stream: 2 * index + 1)
  }

  private func fail() {
    isBroken = true
    openLoss = (.kernelUnreadable, nil)
  }

  private func hand(_ rows: KernelRows, to sink: any LiveEventSink) {
    guard rows.count > 0 else { return }
    sink.take(rows.rows)
    rows.clear()
  }

  private func take(
    _ bytes: UnsafeRawBufferPointer, _ decoder: KernelEventDecoder, _ sieve: OperationSieve?, _ index: Int,
    into writer: inout TraceFileWriter
  ) throws(TraceError) {
    guard var page = open(bytes) else { return }
    closeLoss(at: page.tsc, sieve, in: &writer)
    let (kernel, scheduler) = unfiltered ?? (kernel, scheduler)
    while decode(&page, decoder, kernel, scheduler) == .full {
      if sieve == nil { try write(into: &writer) } else { hold(in: sieve, index) }
    }
  }

  /// The sub-buffer in `bytes`, and what was lost before it; nil where it cannot be read.
  private func open(_ bytes: UnsafeRawBufferPointer) -> RingBufferPage? {
    do throws(RingBufferError) {
      let page = try RingBufferPage(bytes, layout: layout)
      switch page.loss {
      case .none: break
      case .events(let count): open(.kernelOverrun, count)
      case .unknown: open(.kernelOverrun, nil)
      }
      return page
    } catch {
      openLoss = (.kernelUnreadable, nil)
      return nil
    }
  }

  /// Takes events of `page` into rows.
  private func decode(
    _ page: inout RingBufferPage, _ decoder: KernelEventDecoder, _ kernel: KernelRows,
    _ scheduler: KernelRows
  ) -> KernelEventDecoder.Outcome {
    let before = kernel.count + scheduler.count
    let outcome = decoder.decode(&page, kernel: kernel, scheduler: scheduler)
    events &+= UInt64(kernel.count + scheduler.count - before)
    lastTSC = max(lastTSC, page.tsc)
    if outcome == .unreadable { openLoss = (.kernelUnreadable, nil) }
    return outcome
  }

  private func open(_ cause: LossCause, _ count: UInt64?) {
    lost &+= count ?? 1
    openLoss = openLoss == nil ? (cause, count) : (cause, nil)
  }

  private func closeLoss(at tsc: UInt64, _ sieve: OperationSieve?, in writer: inout TraceFileWriter) {
    guard let loss = takeLoss(at: tsc) else { return }
    sieve?.noteLoss(loss.first...loss.last)
    writer.noteLoss(
      kernelStream, firstTSC: loss.first, lastTSC: loss.last, cause: loss.cause, count: loss.count)
  }

  /// What is missing between the last event and one at `tsc`.
  private func takeLoss(
    at tsc: UInt64
  ) -> (first: UInt64, last: UInt64, cause: LossCause, count: UInt64?)? {
    guard let loss = openLoss else { return nil }
    openLoss = nil
    return (min(lastTSC, tsc), tsc, loss.cause, loss.count)
  }

  /// Hands the gathered rows to `writer`.
  func write(into writer: inout TraceFileWriter) throws(TraceError) {
    try write(isScheduler: false, into: &writer)
    try write(isScheduler: true, into: &writer)
  }

  /// Hands the gathered rows of its kernel's stream, or of its scheduler's, to `writer`.
  func write(isScheduler: Bool, into writer: inout TraceFileWriter) throws(TraceError) {
    if isScheduler {
      try write(
        scheduler, schedulerStream, .scheduler, "scheduler events of CPU \(cpu)", into: &writer)
    } else {
      try write(kernel, kernelStream, .kernel, "kernel events of CPU \(cpu)", into: &writer)
    }
  }

  private func write(
    _ rows: KernelRows, _ stream: StreamID, _ kind: StreamKind, _ name: String,
    into writer: inout TraceFileWriter
  ) throws(TraceError) {
    guard rows.count > 0 else { return }
    if announced.insert(stream).inserted {
      try writer.append(rows: [
        StreamRow(stream: stream, kind: kind, clock: .hostTSC, name: name, physicalCPU: UInt32(cpu))
      ])
    }
    try writer.append(events: rows.take(), stream: stream)
  }

  private func closeLoss(at tsc: UInt64, in sink: any LiveEventSink) {
    guard let loss = takeLoss(at: tsc) else { return }
    sink.lose(from: loss.first, to: loss.last, cause: loss.cause, count: loss.count)
  }

  /// Tells what is missing at the end where no trace is written, as ``end(dropped:in:)`` notes it in one.
  func end(dropped: UInt64, into lent: KernelSource.LentSink) {
    let now = sortie_rdtsc()
    closeLoss(at: now, in: lent.sink)
    guard dropped > 0 else { return }
    lost &+= dropped
    lent.sink.lose(from: 0, to: now, cause: .kernelOverrun, count: dropped)
  }

  /// Notes what is missing at the end: `dropped` events that the kernel did not store, and whatever could not be read.
  func end(dropped: UInt64, in writer: inout TraceFileWriter) {
    let now = sortie_rdtsc()
    closeLoss(at: now, nil, in: &writer)
    guard dropped > 0 else { return }
    lost &+= dropped
    writer.noteLoss(kernelStream, firstTSC: 0, lastTSC: now, cause: .kernelOverrun, count: dropped)
  }
}
