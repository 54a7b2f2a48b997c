internal import Glibc
internal import Synchronization
internal import SystemPackage

/// A source of events that is not a ``RecordRing``: a kernel buffer, a ring in guest memory.
public protocol RecordingSource: AnyObject, Sendable {
  /// Hands what has arrived to `writer`. Called on the recorder's thread every few milliseconds, and once more at the
  /// end. What it throws ends the recording: it is still called then, by a writer that throws nothing and counts all it
  /// is given as lost. What was given to a writer that threw is counted already, and must not be given again.
  func drain(into writer: inout TraceFileWriter) throws(TraceError)
  /// Events it could not take so far; any thread may ask. 0 where the source keeps no such count.
  var dropped: UInt64 { get }
}

extension RecordingSource {
  /// None.
  public var dropped: UInt64 { 0 }
}

/// How far a recording is.
public struct RecorderProgress: Sendable, Equatable {
  /// Events in the file.
  public var events: UInt64
  /// Bytes of the file.
  public var bytes: UInt64
  /// Events that rings and sources dropped.
  public var drops: UInt64
  /// Whether an error ended the recording.
  public var hasFailed: Bool
}

/// Writes what rings and sources deliver, on a thread of its own, until it is finished or an error ends it.
///
/// It looks every 20 ms and writes incomplete blocks every 500 ms, so a killed process loses less than a second. An
/// error (a full disk) ends the recording, not the guest: what arrives until ``finish()`` is counted as lost.
public final class TraceRecorder: Sendable {
  /// Milliseconds between two looks at the rings.
  private static let period: Int32 = 20
  /// Microseconds between two looks whether a source is gone.
  private static let removalPoll: UInt32 = 200
  /// Nanoseconds after which incomplete blocks are written.
  private static let flushInterval: UInt64 = 500_000_000

  private struct State {
    var sources: [any RecordingSource] = []
    /// Sources to be drained once more and then forgotten.
    var leaving: [any RecordingSource] = []
    /// What the sources now forgotten dropped.
    var forgottenDrops: UInt64 = 0
    var requests: [@Sendable (inout TraceFileWriter) throws(TraceError) -> Void] = []
    var failure: TraceError?
    var thread: RecorderThread?
  }

  private let state: Mutex<State>
  private let wakeUp: WakeUp
  private let isFinishing = Atomic<Bool>(false)
  private let events = Atomic<UInt64>(0)
  private let bytes = Atomic<UInt64>(0)
  private let hasFailed = Atomic<Bool>(false)
  private let hasEnded = Atomic<Bool>(false)

  /// Starts a recording into `writer`. Throws ``TraceError/thread(_:)``.
  public init(_ writer: consuming TraceFileWriter) throws(TraceError) {
    wakeUp = try WakeUp()
    state = Mutex(State())
    let box = WriterBox(writer)
    let thread = try RecorderThread { [self] in run(box) }
    state.withLock { $0.thread = thread }
  }

  /// Records what arrives in `ring` as round trips of `stream`; returns the source, by which it can be removed.
  @discardableResult
  public func add(_ ring: RecordRing<RoundTripRecord>, stream: StreamID) -> any RecordingSource {
    let source = RingSource(ring, stream) { (writer, records) throws(TraceError) in
      try writer.append(roundTrips: records, stream: stream)
    }
    add(source)
    return source
  }

  /// Records what arrives in `ring` as guest spans of `stream`; returns the source, by which it can be removed.
  @discardableResult
  public func add(_ ring: RecordRing<GuestSpanRecord>, stream: StreamID) -> any RecordingSource {
    let source = RingSource(ring, stream) { (writer, records) throws(TraceError) in
      try writer.append(guestSpans: records, stream: stream)
    }
    add(source)
    return source
  }

  /// Records what `source` delivers.
  public func add(_ source: any RecordingSource) { state.withLock { $0.sources.append(source) } }

  /// Drains `source` once more and forgets it. When this returns, the recorder's thread does not touch it any more: what
  /// it reads from may go. Its producer must have stopped.
  public func remove(_ source: any RecordingSource) {
    state.withLock { $0.leaving.append(source) }
    while !hasEnded.load(ordering: .acquiring) {
      guard state.withLock({ $0.leaving.contains { $0 === source } }) else { return }
      wakeUp.wake()
      usleep(Self.removalPoll)
    }
    state.withLock { state in
      state.sources.removeAll { $0 === source }
      state.leaving.removeAll { $0 === source }
    }
  }

  /// Has `body` run soon on the recorder's thread: for tables, marks, snapshots. What it throws ends the recording.
  public func submit(_ body: @escaping @Sendable (inout TraceFileWriter) throws(TraceError) -> Void) {
    state.withLock { $0.requests.append(body) }
    wakeUp.wake()
  }

  /// How far the recording is; any thread may ask.
  public var progress: RecorderProgress {
    RecorderProgress(
      events: events.load(ordering: .relaxed), bytes: bytes.load(ordering: .relaxed),
      drops: state.withLock { state in
        state.sources.reduce(state.forgottenDrops) { $0 &+ $1.dropped }
      },
      hasFailed: hasFailed.load(ordering: .relaxed))
  }

  /// The error that ended the recording, if one did.
  public var failure: TraceError? { state.withLock { $0.failure } }

  /// Drains everything once more, writes the rest and the footer, closes the file and waits for the thread. Throws the
  /// error that ended the recording. Called once producers have stopped; a second call does nothing more.
  public func finish() throws(TraceError) {
    isFinishing.store(true, ordering: .releasing)
    wakeUp.wake()
    let thread = state.withLock { state in
      defer { state.thread = nil }
      return state.thread
    }
    thread?.join()
    if let failure { throw failure }
  }

  /// Carries the writer to the thread.
  private final class WriterBox: @unchecked Sendable {
    // Unchecked: filled before the thread starts, emptied by it.
    private var writer: TraceFileWriter?
    init(_ writer: consuming TraceFileWriter) { self.writer = consume writer }
    func take() -> TraceFileWriter? { writer.take() }
  }

  private func run(_ box: WriterBox) {
    guard var writer = box.take() else { return }
    var lastFlush = Self.now()
    var isLast = false
    while !isLast {
      wakeUp.wait(milliseconds: Self.period)
      isLast = isFinishing.load(ordering: .acquiring)
      let (sources, leaving, requests) = state.withLock { state in
        defer { state.requests = [] }
        return (state.sources, state.leaving, state.requests)
      }
      do throws(TraceError) {
        if !hasFailed.load(ordering: .relaxed) { for request in requests { try request(&writer) } }
        for source in sources { try source.drain(into: &writer) }
        if !hasFailed.load(ordering: .relaxed), isLast || Self.now() - lastFlush >= Self.flushInterval {
          try writer.flush()
          lastFlush = Self.now()
        }
      } catch {
        fail(error)
        writer.endWithLosses()
        // Those whose turn had not come, and those whose turn it was, hold events still.
        for source in sources { try? source.drain(into: &writer) }
      }
      forget(leaving)
      publish(writer)
    }
    do throws(TraceError) { bytes.store(try writer.finish(), ordering: .relaxed) } catch { fail(error) }
    hasEnded.store(true, ordering: .releasing)
  }

  /// Lets go of sources that asked for it before the last drain.
  private func forget(_ leaving: [any RecordingSource]) {
    guard !leaving.isEmpty else { return }
    state.withLock { state in
      state.forgottenDrops = leaving.reduce(state.forgottenDrops) { $0 &+ $1.dropped }
      state.sources.removeAll { source in leaving.contains { $0 === source } }
      state.leaving.removeAll { source in leaving.contains { $0 === source } }
    }
  }

  private func publish(_ writer: borrowing TraceFileWriter) {
    events.store(writer.eventsWritten, ordering: .relaxed)
    bytes.store(writer.bytesWritten, ordering: .relaxed)
  }

  private func fail(_ error: TraceError) {
    state.withLock { $0.failure = $0.failure ?? error }
    hasFailed.store(true, ordering: .relaxed)
  }

  /// CLOCK_MONOTONIC, ns.
  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// A ``RecordRing`` as a source: its records, then a loss row for what it dropped.
private final class RingSource<Record: BitwiseCopyable>: RecordingSource {
  private let ring: RecordRing<Record>
  private let stream: StreamID
  private let append:
    @Sendable (inout TraceFileWriter, UnsafeBufferPointer<Record>) throws(TraceError) -> Void

  init(
    _ ring: RecordRing<Record>, _ stream: StreamID,
    _ append:
      @escaping @Sendable (inout TraceFileWriter, UnsafeBufferPointer<Record>) throws(TraceError) -> Void
  ) {
    self.ring = ring
    self.stream = stream
    self.append = append
  }

  var dropped: UInt64 { ring.dropped }

  func drain(into writer: inout TraceFileWriter) throws(TraceError) {
    if let drops = ring.takeDrops() {
      writer.noteLoss(
        stream, firstTSC: drops.firstTSC, lastTSC: drops.lastTSC, cause: .ringFull, count: drops.count)
    }
    // At most one ring's worth a turn: a producer that outruns the writer must not keep the other sources waiting.
    var failure: TraceError?
    ring.drain { records in
      // The writer accounts for what it was given, even where it throws.
      do throws(TraceError) { try append(&writer, records) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
