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

  @Test func aFullDiskStopsTheRecorderAndNotTheProducer() throws {
    let directory = TemporaryDirectory()
    let mounted = run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", directory.path])
    guard mounted?.status == 0 else {
      try Test.cancel(
        "mounting a tmpfs is refused here (it needs root): \(mounted?.output ?? "no mount command")")
    }
    defer { _ = run(["umount", directory.path]) }
    let path = directory.file("full.sortie")
    let stream = StreamID(rawValue: 1)
    let recorder = try TraceRecorder(TraceFileWriter(path: path, identity: testIdentity))
    let ring = try RecordRing<RoundTripRecord>(capacity: 1 << 12)
    recorder.add(ring, stream: stream)
    var producer = ring.makeProducer()
    let records = plausibleRoundTrips(4000, seed: 4)
    var pushed = 0
    for _ in 0..<1000 where !recorder.progress.hasFailed {
      for record in records { producer.push(record, tsc: record.u0) }
      pushed += records.count
      usleep(5000)
    }
    #expect(recorder.progress.hasFailed)
    for record in records + records { producer.push(record, tsc: record.u0) }
    #expect(ring.dropped > 0)
    #expect(throws: TraceError.self) { try recorder.finish() }
    guard case .write(_, _, .noSpace) = recorder.failure else {
      Issue.record("\(String(describing: recorder.failure))")
      return
    }
    let trace = try TraceFile(path: path)
    #expect(trace.damage.isEmpty)
    #expect(trace.blocks.contains { $0.stream == stream })
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
