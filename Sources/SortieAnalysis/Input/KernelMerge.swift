import SortieTrace

/// The events of one vCPU from the streams of all CPUs, merged by their stamps, with one block of each stream in memory.
struct KernelMerge {
  private struct Cursor {
    let stream: StreamID
    var block = 0
    var records: [KernelEventRecord] = []
    var position = 0
    var hasEnded = false

    /// The stamp of the next event; nil where a block has to be read first, or none is left.
    var head: UInt64? { position < records.count ? records[position].tsc : nil }
  }

  private var cursors: [Cursor]
  private let vcpu: VCPUThreads.VCPU
  private let reader: KernelEventReader
  /// Blocks that lie outside have nothing of this vCPU.
  private let window: ClosedRange<UInt64>

  /// Filters left out what happened up to here: an event that stands before it is there for another thread's sake.
  private var leftOutUntil: UInt64 = 0

  /// Events that a batch has at least, but for the last ones.
  private static let batchSize = 4096

  /// Events before it are passed over.
  private let begins: UInt64

  init(
    _ streams: [StreamID], of vcpu: VCPUThreads.VCPU, reader: KernelEventReader, window: ClosedRange<UInt64>,
    begins: UInt64 = 0
  ) {
    self.begins = begins
    cursors = streams.map { Cursor(stream: $0) }
    self.vcpu = vcpu
    self.reader = reader
    self.window = window
  }

  /// The next events in order of time; none at the end. Throws what the source throws.
  mutating func next<Source: AnalysisSource>(
    in source: Source
  ) throws(Source.Failure) -> [KernelEventRecord] {
    var batch: [KernelEventRecord] = []
    while batch.count < Self.batchSize {
      for index in cursors.indices where cursors[index].head == nil && !cursors[index].hasEnded {
        try fill(&cursors[index], from: source)
      }
      guard let (first, limit) = leading() else { break }
      // A thread seldom changes its CPU: one stream leads for long.
      repeat {
        let record = cursors[first].records[cursors[first].position]
        cursors[first].position += 1
        if case .leftOut(_, let until, _, _) = record.kind {
          leftOutUntil = max(leftOutUntil, until)
        } else if record.tsc <= leftOutUntil, leftOutUntil > 0 {
          continue
        }
        batch.append(record)
      } while cursors[first].head.map { $0 <= limit } ?? false
    }
    return batch
  }

  /// The stream whose next event is the earliest, and the stamp of the next event of any other.
  private func leading() -> (cursor: Int, limit: UInt64)? {
    var best: (cursor: Int, tsc: UInt64)?
    var limit = UInt64.max
    for (index, cursor) in cursors.enumerated() {
      guard let tsc = cursor.head else { continue }
      guard let known = best, known.tsc <= tsc else {
        limit = min(limit, best?.tsc ?? .max)
        best = (index, tsc)
        continue
      }
      limit = min(limit, tsc)
    }
    return best.map { ($0.cursor, limit) }
  }

  private func fill<Source: AnalysisSource>(
    _ cursor: inout Cursor, from source: Source
  ) throws(Source.Failure) {
    while cursor.head == nil {
      guard cursor.block < source.blockCount(of: cursor.stream) else {
        cursor.hasEnded = true
        cursor.records = []
        return
      }
      let block = cursor.block
      cursor.block += 1
      if let range = source.range(of: cursor.stream, block: block), !range.overlaps(window) { continue }
      cursor.records = reader.records(try source.columns(of: cursor.stream, block: block), of: vcpu)
      if begins > 0, cursor.records.first.map({ $0.tsc < begins }) == true {
        cursor.records.removeAll { $0.tsc < begins }
      }
      cursor.position = 0
    }
  }
}
