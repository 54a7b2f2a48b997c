/// Brings the events of each CPU into order of time. perf writes what one buffer held after the other; no event behind the
/// end of a round is older than one before the end of the round before.
///
/// perf 6.1 with -z writes a stretch of a buffer twice now and then, which its own reports count twice: here an event that
/// equals another one of its time and CPU is taken once.
final class RoundOrder {
  private struct Held {
    var time: UInt64
    var process: UInt32?
    var start: Int
    var length: Int
  }

  /// What waits for the end of a round.
  private struct Queue {
    var events: [Held] = []
    var bytes: [UInt8] = []
    /// Lost before the next event.
    var lost: (isSome: Bool, count: UInt64) = (false, 0)
  }

  private let visitor: any ImportVisitor
  private var queues: [UInt32: Queue] = [:]
  /// Up to here no event comes any more after this round.
  private var limit: UInt64 = 0
  private var latest: UInt64 = 0
  private var heldBytes = 0
  /// Events that were there before.
  private(set) var repeated: UInt64 = 0

  /// Bytes that wait at most. A recording with more in a round is taken as it stands.
  private static let mostHeld = 1 << 27
  /// Events of one time that are compared at most: a file may give all of them the same.
  private static let mostCompared = 16

  init(_ visitor: any ImportVisitor) { self.visitor = visitor }

  func take(_ event: ImportedEvent) throws(ImportError) {
    latest = max(latest, event.time)
    heldBytes += event.record.count + MemoryLayout<Held>.stride
    let start = queues[event.cpu]?.bytes.count ?? 0
    queues[event.cpu, default: Queue()].bytes.append(contentsOf: event.record)
    queues[event.cpu]?.events.append(
      Held(time: event.time, process: event.process, start: start, length: event.record.count))
    if heldBytes > Self.mostHeld { try release(upTo: latest) }
  }

  func lose(cpu: UInt32, count: UInt64) throws(ImportError) {
    // What waits is from before, but for what other buffers hold: the loss is told at once, between the two.
    try release(cpu, upTo: .max)
    try visitor.lose(cpu: cpu, count: count, cause: .overrun, fromStart: false)
  }

  func endRound() throws(ImportError) {
    try release(upTo: limit)
    limit = latest
  }

  func finish() throws(ImportError) { try release(upTo: .max) }

  private func release(upTo limit: UInt64) throws(ImportError) {
    for cpu in queues.keys.sorted() { try release(cpu, upTo: limit) }
  }

  private func release(_ cpu: UInt32, upTo limit: UInt64) throws(ImportError) {
    guard var queue = queues[cpu], !queue.events.isEmpty else { return }
    queues[cpu] = Queue()
    // Sorting is stable: events of one time stay as they stand.
    queue.events.sort { $0.time < $1.time }
    let count = queue.events.firstIndex { $0.time > limit } ?? queue.events.count
    try queue.bytes.withBytes { (bytes) throws(ImportError) in
      func record(_ event: Held) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[event.start..<event.start + event.length])
      }
      for (index, event) in queue.events[..<count].enumerated() {
        heldBytes -= event.length + MemoryLayout<Held>.stride
        let before = queue.events[..<index].suffix(Self.mostCompared).reversed()
        if before.prefix(while: { $0.time == event.time }).contains(where: {
          record($0).elementsEqual(record(event))
        }) {
          repeated += 1
          continue
        }
        try visitor.take(
          ImportedEvent(cpu: cpu, time: event.time, process: event.process, record: record(event)))
      }
    }
    guard count < queue.events.count else { return }
    var rest = Queue()
    for event in queue.events[count...] {
      let start = rest.bytes.count
      rest.bytes.append(contentsOf: queue.bytes[event.start..<event.start + event.length])
      rest.events.append(Held(time: event.time, process: event.process, start: start, length: event.length))
    }
    queues[cpu] = rest
  }
}
