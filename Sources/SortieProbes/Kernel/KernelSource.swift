internal import CLinuxKVM
internal import Glibc
public import SortieTrace
import Synchronization

/// Kernel events on their way into a trace: per CPU a stream of KVM's and one of the scheduler's.
///
/// It belongs to ``KernelProbes``. Rows gather for some hundred milliseconds, so that blocks are worth their headers.
public final class KernelSource: RecordingSource {
  private struct State: ~Copyable {
    var readers: [CPUBufferReader]
    let decoder: KernelEventDecoder
    /// What keeps some operations and leaves others out; nil: all are kept.
    let sieve: OperationSieve?
    /// The last drain began, host TSC: what happened before is in the buffers for all CPUs to see.
    var lastDrain: UInt64 = 0
    /// CLOCK_MONOTONIC at which the oldest row was gathered, ns; nil: there is none.
    var oldestRow: UInt64?
    /// Recording has ended, and the kernel stored so many events less than happened, by reader; nil: it has not.
    var ending: [UInt64]?
  }

  private let state: Mutex<State>
  private let lost = Atomic<UInt64>(0)
  private let taken = Atomic<UInt64>(0)
  /// Nanoseconds that rows wait at most for others.
  private static let patience: UInt64 = 400_000_000

  init(
    _ readers: sending [CPUBufferReader], _ decoder: sending KernelEventDecoder,
    _ sieve: sending OperationSieve?
  ) {
    state = Mutex(State(readers: readers, decoder: decoder, sieve: sieve))
  }

  /// Events that the kernel's buffers lost since recording was started, as far as it has been noticed.
  public var dropped: UInt64 { lost.load(ordering: .relaxed) }

  /// Events taken since recording was started.
  public var events: UInt64 { taken.load(ordering: .relaxed) }

  /// What follows goes into another trace, which knows of no stream and no thread yet.
  func beginTrace() {
    state.withLock { state in
      for reader in state.readers { reader.beginTrace() }
      state.decoder.forgetNames()
    }
  }

  /// From here on events of `threads` are expected.
  func begin(_ threads: [TracedThread]) {
    lost.store(0, ordering: .relaxed)
    taken.store(0, ordering: .relaxed)
    state.withLock { state in
      state.ending = nil
      state.decoder.threads = threads
      state.sieve?.add(threads.map(\.id))
      for reader in state.readers { reader.begin() }
    }
  }

  /// Events of `threads` are expected besides.
  func add(_ threads: [TracedThread]) {
    state.withLock { state in
      let ids = Set(threads.map(\.id))
      state.decoder.threads.removeAll { ids.contains($0.id) }
      state.decoder.threads += threads
      state.sieve?.add(threads.map(\.id))
    }
  }

  /// The next drain is the last one before another ``begin(_:)``. `dropped`: events that never got into the buffers, by
  /// reader.
  func end(dropped: [UInt64]) { state.withLock { $0.ending = dropped } }

  /// Closes what is open in the trace instance.
  func close() { state.withLock { $0.readers = [] } }

  /// Takes what the kernel's buffers hold.
  public func drain(into writer: inout TraceFileWriter) throws(TraceError) {
    try state.withLock { (state) throws(TraceError) in
      let start = sortie_rdtsc()
      for (index, reader) in state.readers.enumerated() {
        try reader.read(state.decoder, state.sieve, index: index, into: &writer)
      }
      if let sieve = state.sieve {
        let isLast = state.ending != nil
        sieve.advance(
          before: isLast ? .max : state.readers.reduce(state.lastDrain) { min($0, $1.readUntil ?? .max) })
        if isLast { sieve.finish() }
        state.lastDrain = start
      }
      let now = Self.now()
      if state.oldestRow == nil, state.readers.contains(where: \.hasRows) || state.sieve?.isEmpty == false {
        state.oldestRow = now
      }
      if state.ending != nil || state.oldestRow.map({ now &- $0 >= Self.patience }) ?? false {
        if let sieve = state.sieve {
          let readers = state.readers
          try sieve.release(to: readers.flatMap { [$0.kernel, $0.scheduler] }) {
            (stream) throws(TraceError) in
            try readers[stream / 2].write(isScheduler: stream % 2 == 1, into: &writer)
          }
        }
        for reader in state.readers { try reader.write(into: &writer) }
        state.oldestRow = nil
      }
      let named = state.decoder.takeNamedThreads()
      if !named.isEmpty { try writer.append(rows: named.map { ThreadRow(thread: $0.id, name: $0.name) }) }
      if let dropped = state.ending {
        for (reader, count) in zip(state.readers, dropped) { reader.end(dropped: count, in: &writer) }
        state.ending = dropped.map { _ in 0 }
      }
      lost.store(state.readers.reduce(0) { $0 &+ $1.lost }, ordering: .relaxed)
      taken.store(state.readers.reduce(0) { $0 &+ $1.events }, ordering: .relaxed)
    }
  }

  /// Hands what the kernel's buffers hold to `sink` instead of a trace.
  public func drain(into sink: any LiveEventSink) -> LiveDrain {
    let lent = LentSink(sink: sink)
    return state.withLock { state in
      // An event that began before is in its buffer by the time that is read; one on another CPU may not quite be.
      var drain = LiveDrain(end: sortie_rdtsc() &- Self.settling)
      // Whoever takes events as they come knows the threads, which come and go without end.
      state.decoder.threads = []
      for reader in state.readers { drain.add(reader.read(state.decoder, into: lent)) }
      if let dropped = state.ending {
        for (reader, count) in zip(state.readers, dropped) { reader.end(dropped: count, into: lent) }
        state.ending = dropped.map { _ in 0 }
      }
      _ = state.decoder.takeNamedThreads()
      lost.store(state.readers.reduce(0) { $0 &+ $1.lost }, ordering: .relaxed)
      taken.store(state.readers.reduce(0) { $0 &+ $1.events }, ordering: .relaxed)
      return drain
    }
  }

  /// A sink for as long as a look takes.
  struct LentSink: @unchecked Sendable {
    // Unchecked: no reader keeps it.
    let sink: any LiveEventSink
  }

  /// Cycles that the kernel takes at most to finish an event that it has stamped: about a millisecond.
  private static let settling: UInt64 = 1 << 21

  /// CLOCK_MONOTONIC, ns.
  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
