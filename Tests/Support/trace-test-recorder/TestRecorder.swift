import Glibc
import SortieTrace
import SystemPackage

/// Records until it is killed: `trace-test-recorder FILE`. Stamps are CLOCK_MONOTONIC in ns, so that whoever kills it
/// can tell how much of the end is missing. Prints a line once it records.
@main struct TestRecorder {
  static func main() {
    guard CommandLine.arguments.count == 2 else {
      print("usage: trace-test-recorder FILE")
      exit(2)
    }
    do throws(TraceError) {
      let stream = StreamID(rawValue: 1)
      var writer = try TraceFileWriter(
        path: FilePath(CommandLine.arguments[1]),
        identity: TraceIdentity(tscKHz: 1_000_000, tscIsInvariant: true))
      try writer.append(rows: [StreamRow(stream: stream, kind: .vmm, clock: .monotonic)])
      let recorder = try TraceRecorder(writer)
      let ring = try RecordRing<RoundTripRecord>(capacity: 1 << 16)
      recorder.add(ring, stream: stream)
      var producer = ring.makeProducer()
      print("recording")
      fflush(nil)
      while !recorder.progress.hasFailed {
        for _ in 0..<100 {
          let u0 = monotonic()
          producer.push(
            RoundTripRecord(u0: u0, u1: monotonic(), rip: 0x10_0000, address: 0xe0, reason: 2), tsc: u0)
        }
        usleep(1000)
      }
      try recorder.finish()
    } catch {
      print("trace-test-recorder: \(error)")
      exit(1)
    }
  }

  private static func monotonic() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
