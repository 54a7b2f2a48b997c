import Glibc
import SortieTrace
import SystemPackage

/// Writes and reads a synthetic recording and prints bytes per event and events per second, one figure a line.
///
/// `trace-bench [EVENTS] [FILE]`: 4 million events into a file in the current directory by default.
@main struct TraceBench {
  static func main() {
    let events = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 4_000_000
    let path = FilePath(CommandLine.arguments.dropFirst(2).first ?? "trace-bench.sortie")
    do throws(TraceError) {
      try measureRing()
      try measure("pio-write", SyntheticRun.portWrites(events), path)
      try measure("pio-write, TSC in steps of 26", SyntheticRun.portWrites(events, step: 26), path)
      try measure("six-sites", SyntheticRun.sixSites(events), path)
    } catch {
      print("trace-bench: \(error)")
      exit(1)
    }
    unlink(path.string)
  }

  private static func measure(
    _ name: String, _ records: [RoundTripRecord], _ path: FilePath
  ) throws(TraceError) {
    let stream = StreamID(rawValue: 1)
    var best = (write: Double.infinity, read: Double.infinity)
    for _ in 0..<3 {
      let writing = processorSeconds()
      var writer = try TraceFileWriter(
        path: path, identity: TraceIdentity(tscKHz: 2_445_430, tscIsInvariant: true))
      var failure: TraceError?
      records.withUnsafeBufferPointer { all in
        // A ring hands over at most some thousands at a time.
        for start in stride(from: 0, to: all.count, by: 8192) {
          let part = UnsafeBufferPointer(rebasing: all[start..<min(all.count, start + 8192)])
          do throws(TraceError) { try writer.append(roundTrips: part, stream: stream) } catch {
            failure = error
          }
        }
      }
      if let failure { throw failure }
      try writer.finish()
      best.write = min(best.write, processorSeconds() - writing)

      let reading = processorSeconds()
      let trace = try TraceFile(path: path, verification: .headers)
      var sum: UInt64 = 0
      for block in trace.blocks where block.type == .events {
        let columns = try trace.roundTrips(in: block)
        sum &+= columns.u1[columns.count - 1]
      }
      best.read = min(best.read, processorSeconds() - reading)
      guard sum != 0, trace.isComplete else { throw .invalidRows("the trace read is not the one written") }
    }
    let trace = try TraceFile(path: path)
    let count = Double(records.count)
    print("\(name) events \(records.count)")
    print("\(name) bytes/event \(rounded(Double(trace.size) / count, 3))")
    print("\(name) written Mevents/s \(rounded(count / best.write / 1e6, 2))")
    print("\(name) read Mevents/s \(rounded(count / best.read / 1e6, 2))")
    var bytes: [UInt16: Int] = [:]
    for block in trace.blocks where block.type == .events {
      for column in block.columnLengths { bytes[column.column.rawValue, default: 0] += column.bytes }
    }
    for (column, total) in bytes.sorted(by: { $0.key < $1.key }) {
      print("\(name) column \(column) bytes/event before zstd \(rounded(Double(total) / count, 3))")
    }
  }

  /// What a push costs where the ring has room: nothing but the store and its publication.
  private static func measureRing() throws(TraceError) {
    let ring = try RecordRing<RoundTripRecord>(capacity: 1 << 16)
    var producer = ring.makeProducer()
    var best = Double.infinity
    for _ in 0..<20 {
      let start = processorSeconds()
      for stamp in 0..<(1 << 16) as Range<UInt64> {
        producer.push(RoundTripRecord(u0: stamp, u1: stamp, rip: 1, address: 2, reason: 2), tsc: stamp)
      }
      best = min(best, processorSeconds() - start)
      ring.drain { _ in }
    }
    print("ring push ns \(rounded(best / Double(1 << 16) * 1e9, 2))")
  }

  private static func rounded(_ value: Double, _ digits: Int) -> String {
    let scale = pow(10.0, Double(digits))
    return "\((value * scale).rounded() / scale)"
  }

  /// Seconds of processor time of this process.
  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
