import Glibc
import SystemPackage
import Testing

@testable import SortieTrace

/// Appends round trips until the writer refuses; returns what it threw and how many were taken before.
private func fill(_ writer: inout TraceFileWriter, _ stream: StreamID) -> (error: TraceError?, appended: Int)
{
  let records = plausibleRoundTrips(20_000, seed: 2)
  for round in 0..<200 {
    do throws(TraceError) {
      try writer.append(records, stream)
      try writer.flush()
    } catch { return (error, (round + 1) * records.count) }
  }
  return (nil, 200 * records.count)
}

private func finishError(_ writer: consuming TraceFileWriter) -> TraceError? {
  do throws(TraceError) { try writer.finish() } catch { return error }
  return nil
}

private func flushError(_ writer: inout TraceFileWriter) -> TraceError? {
  do throws(TraceError) { try writer.flush() } catch { return error }
  return nil
}

/// A file on whose device the writing stopped is readable up to its last whole block, and says what is missing.
private func expectReadable(_ path: FilePath, _ stream: StreamID, appended: Int) throws {
  let trace = try TraceFile(path: path)
  #expect(trace.damage.isEmpty)
  var events = 0
  try trace.forEachRoundTrip(of: stream) { _ in events += 1 }
  #expect(events > 0 && events < appended)
  guard trace.isFinished else { return }
  let lost = trace.losses.filter { $0.cause == .writeFailed }.reduce(0) { $0 + ($1.count ?? 0) }
  #expect(UInt64(events) + lost == UInt64(appended))
}

@Suite struct WriteErrorTests {
  @Test func aFullDiskLeavesAReadableFile() throws {
    let directory = TemporaryDirectory()
    let mounted = run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", directory.path])
    guard mounted?.status == 0 else {
      try Test.cancel(
        "mounting a tmpfs is refused here (it needs root): \(mounted?.output ?? "no mount command")")
    }
    defer { _ = run(["umount", directory.path]) }
    let path = directory.file("full.sortie")
    let stream = StreamID(rawValue: 1)
    var writer = try TraceFileWriter(path: path, identity: testIdentity)
    let (error, appended) = fill(&writer, stream)
    guard case .write(path.string, let offset, .noSpace) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let end = writer.bytesWritten
    #expect(offset == end)
    #expect(contents(of: path).count == Int(offset))
    let repeated = flushError(&writer)
    #expect(repeated == error)
    let last = finishError(writer)
    #expect(last == error)
    try expectReadable(path, stream, appended: appended)
  }

  @Test func aFullDiskStopsTheRecorderAndNotTheProducerAndEveryEventIsAccountedFor() throws {
    let directory = TemporaryDirectory()
    let mounted = run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", directory.path])
    guard mounted?.status == 0 else {
      try Test.cancel(
        "mounting a tmpfs is refused here (it needs root): \(mounted?.output ?? "no mount command")")
    }
    defer { _ = run(["umount", directory.path]) }
    let ballast = directory.file("ballast")
    try write([UInt8](repeating: 1, count: 128 << 10), to: ballast)
    let path = directory.file("full.sortie")
    let streams = [StreamID(rawValue: 1), StreamID(rawValue: 2)]
    let recorder = try TraceRecorder(TraceFileWriter(path: path, identity: testIdentity))
    let rings = (
      try RecordRing<RoundTripRecord>(capacity: 1 << 12), try RecordRing<GuestSpanRecord>(capacity: 8)
    )
    recorder.add(rings.0, stream: streams[0])
    recorder.add(rings.1, stream: streams[1])
    var vmm = rings.0.makeProducer()
    var guest = rings.1.makeProducer()
    let records = plausibleRoundTrips(4000, seed: 4)
    var pushed: (UInt64, UInt64) = (0, 0)
    func push() {
      for record in records { vmm.push(record, tsc: record.u0) }
      for _ in 0..<10 {
        pushed.1 += 1
        guest.push(GuestSpanRecord(g0: pushed.1, g1: pushed.1), tsc: pushed.1)
      }
      pushed.0 += UInt64(records.count)
    }
    for _ in 0..<1000 where !recorder.progress.hasFailed {
      push()
      usleep(5000)
    }
    #expect(recorder.progress.hasFailed)
    push()
    usleep(50_000)
    push()
    #expect(rings.0.dropped > 0)
    // Room again: the file becomes whole, with what was lost meanwhile.
    unlink(ballast.string)
    #expect(throws: TraceError.self) { try recorder.finish() }
    guard case .write(_, _, .noSpace) = recorder.failure else {
      Issue.record("\(String(describing: recorder.failure))")
      return
    }
    let trace = try TraceFile(path: path)
    #expect(trace.damage.isEmpty)
    #expect(trace.isFinished)
    for (stream, total) in zip(streams, [pushed.0, pushed.1]) {
      let events = trace.blocks.filter { $0.stream == stream }.reduce(0) { $0 + UInt64($1.rows) }
      let losses = trace.losses.filter { $0.stream == stream }
      #expect(losses.contains { $0.cause == .writeFailed })
      #expect(losses.allSatisfy { $0.count != nil })
      #expect(events + losses.reduce(0) { $0 + ($1.count ?? 0) } == total)
    }
    let last = try #require(records.last?.u0)
    #expect(trace.losses.contains { $0.stream == streams[0] && $0.lastTSC >= last })
  }

  @Test func aSourceThatFailsLeavesNoOthersEventsUnaccounted() throws {
    final class FailingSource: RecordingSource {
      func drain(into writer: inout TraceFileWriter) throws(TraceError) { throw .invalidRows("on purpose") }
    }
    let directory = TemporaryDirectory()
    let path = directory.file("failed.sortie")
    let stream = StreamID(rawValue: 1)
    let ring = try RecordRing<GuestSpanRecord>(capacity: 16)
    var producer = ring.makeProducer()
    for stamp in 1...40 as ClosedRange<UInt64> {
      producer.push(GuestSpanRecord(g0: stamp, g1: stamp), tsc: stamp)
    }
    let recorder = try TraceRecorder(TraceFileWriter(path: path, identity: testIdentity))
    recorder.add(FailingSource())
    recorder.add(ring, stream: stream)
    // The guest goes on until it is stopped; the ring has room again once the failure is dealt with.
    var later = 0
    for stamp in 1000..<2000 as Range<UInt64> where later < 3 {
      if producer.push(GuestSpanRecord(g0: stamp, g1: stamp), tsc: stamp) { later += 1 }
      usleep(10_000)
    }
    #expect(throws: TraceError.invalidRows("on purpose")) { try recorder.finish() }
    let trace = try TraceFile(path: path)
    #expect(trace.isFinished)
    #expect(!trace.blocks.contains { $0.stream == stream })
    let unwritten = trace.losses.filter { $0.cause == .writeFailed }
    #expect(unwritten.count == 1)
    #expect(unwritten.first?.firstTSC == 1)
    #expect(unwritten.first.map { $0.lastTSC >= 1000 } ?? false)
    #expect(unwritten.first?.count == 19)
    let dropped = trace.losses.filter { $0.cause == .ringFull }.reduce(0) { $0 + ($1.count ?? 0) }
    #expect(dropped == ring.dropped)
  }

  @Test func aFileSizeLimitIsAnErrorAndNotASignal() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("limited.sortie")
    // In a process of its own: the limit is the whole process's. Blocks of 512 or 1024 bytes, by shell.
    let command = "ulimit -f 200; exec \(productsDirectory)/trace-test-recorder \(path.string)"
    let result = try #require(run(["sh", "-c", command]))
    #expect(result.status == 1)
    #expect(result.output.contains("cannot be written: File too large"), "\(result.output)")
    let trace = try TraceFile(path: path)
    // Whether the footer still fits below the limit depends on where the last block ended.
    #expect(trace.damage.isEmpty)
    #expect(trace.blocks.contains { $0.type == .events })
    #expect(trace.losses.contains { $0.cause == .writeFailed })
  }

  @Test func aClosedPipeIsAnErrorAndNotASignal() throws {
    let (readEnd, writeEnd) = try FileDescriptor.pipe()
    var writer = try TraceFileWriter(descriptor: writeEnd, path: "pipe", identity: testIdentity)
    try readEnd.close()
    try writer.append(plausibleRoundTrips(10, seed: 1), StreamID(rawValue: 1))
    let error = flushError(&writer)
    #expect(error == .write(path: "pipe", offset: UInt64(TraceHeader.length), .brokenPipe))
    let last = finishError(writer)
    #expect(last == error)
  }

  @Test func aPathThatCannotBeCreatedIsNamed() {
    #expect(throws: TraceError.open(path: "/nonexistent/x.sortie", .noSuchFileOrDirectory)) {
      _ = try TraceFileWriter(path: "/nonexistent/x.sortie", identity: testIdentity)
    }
  }
}
