import Glibc
import SystemPackage
import Testing

@testable import SortieTrace

/// Traces that are kept within a size.
@Suite struct SizeLimitTests {
  private static let limit: UInt64 = 300_000
  private let streams = [StreamID(rawValue: 1), StreamID(rawValue: 2)]

  private func writer(_ path: FilePath, _ limit: UInt64 = limit) throws -> TraceFileWriter {
    try TraceFileWriter(path: path, identity: testIdentity, mostBytes: limit)
  }

  private func size(_ path: FilePath) -> UInt64 {
    var status = stat()
    return stat(path.string, &status) == 0 ? UInt64(status.st_size) : 0
  }

  /// The stamps `u0` of a stream.
  private func stamps(_ trace: TraceFile, _ stream: StreamID) throws -> [UInt64] {
    var stamps: [UInt64] = []
    try trace.forEachRoundTrip(of: stream) { stamps.append($0.u0) }
    return stamps
  }

  private func cut(_ trace: TraceFile, _ stream: StreamID) -> LossRow? {
    let rows = trace.losses.filter { $0.cause == .sizeLimit && $0.stream == stream }
    #expect(rows.count <= 1)
    #expect(trace.losses.allSatisfy { $0.cause == .sizeLimit })
    return rows.first
  }

  /// What is in a file are the last events of each stream without a gap, and the row of losses says how many came before.
  private func expectTheLast(
    of written: [StreamID: [UInt64]], in trace: TraceFile, isAll: Bool
  ) throws {
    for (stream, all) in written {
      let found = try stamps(trace, stream)
      let loss = cut(trace, stream)
      let before = Int(loss?.count ?? 0)
      try #require(before + found.count <= all.count)
      #expect(Array(all[before..<(before + found.count)]) == found)
      if isAll { #expect(before + found.count == all.count) }
      if let loss, let first = all.first(where: { $0 != 0 }), before > 0 {
        #expect(loss.firstTSC <= first && loss.lastTSC >= all[before - 1])
        if let next = found.first { #expect(loss.lastTSC <= next || loss.lastTSC < next + 100_000) }
      }
    }
  }

  @Test(arguments: 0..<6) func theFileNeverGrowsBeyondItsSizeAndIsReadableAtAnyMoment(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let directory = TemporaryDirectory()
    let path = directory.file("ring.sortie")
    var writer = try writer(path)
    let marks = (0..<20).map { MarkRow(tsc: $0, name: "mark \($0)") }
    try writer.append(rows: marks)
    var written: [StreamID: [UInt64]] = [:]
    var records = plausibleRoundTrips(400_000, seed: seed)[...]
    var largest: UInt64 = 0
    var tables = marks.count
    while !records.isEmpty {
      let count = min(records.count, Int.random(in: 1...9000, using: &random))
      let stream = streams[Int.random(in: 0..<2, using: &random)]
      let part = Array(records.prefix(count))
      records = records.dropFirst(count)
      try writer.append(part, stream)
      written[stream, default: []] += part.map(\.u0)
      if Int.random(in: 0..<4, using: &random) == 0 {
        try writer.append(rows: [MarkRow(tsc: 0, name: "between")])
        tables += 1
      }
      try writer.flush()
      largest = max(largest, size(path))
      #expect(size(path) <= Self.limit)
      #expect(size(FilePath(path.string + ".next")) <= Self.limit / 2 + 100_000)
      guard Int.random(in: 0..<6, using: &random) == 0 else { continue }
      let trace = try TraceFile(path: path)
      #expect(!trace.isFinished && trace.damage.isEmpty)
      #expect(try trace.rows(MarkRow.self).count == tables)
      try expectTheLast(of: written, in: trace, isAll: true)
    }
    #expect(largest > Self.limit * 3 / 4)
    let bytes = try writer.finish()
    #expect(bytes == size(path) && bytes <= Self.limit)
    #expect(size(FilePath(path.string + ".next")) == 0)
    let trace = try TraceFile(path: path)
    #expect(trace.isComplete)
    #expect(try trace.rows(MarkRow.self).count == tables)
    #expect(trace.sites.allSatisfy { $0 != nil })
    try expectTheLast(of: written, in: trace, isAll: true)
    #expect(streams.contains { cut(trace, $0)?.count ?? 0 > 0 })
    let counts = try #require(try trace.siteCounts())
    let events = try streams.reduce(0) { try $0 + stamps(trace, $1).count }
    #expect(counts.joined().reduce(0) { $0 + $1.count } == UInt64(events))
    let check = try #require(run(["zstd", "-tq", path.string]))
    #expect(check.status == 0, "\(check.output)")
  }

  @Test func aFileThatStaysSmallIsLikeAnyOther() throws {
    let directory = TemporaryDirectory()
    let records = plausibleRoundTrips(1000, seed: 3)
    let (limited, free) = (directory.file("limited.sortie"), directory.file("free.sortie"))
    var one = try writer(limited)
    var other = try TraceFileWriter(path: free, identity: testIdentity)
    try one.append(records, streams[0])
    try other.append(records, streams[0])
    try one.finish()
    try other.finish()
    #expect(contents(of: limited) == contents(of: free))
  }

  @Test func aLinkLeadsToTheFileStill() throws {
    let directory = TemporaryDirectory()
    let (path, link) = (directory.file("real.sortie"), directory.file("link.sortie"))
    try write([], to: path)
    #expect(symlink(path.string, link.string) == 0)
    var writer = try writer(link)
    for seed in 0..<30 {
      try writer.append(plausibleRoundTrips(20_000, seed: UInt64(seed)), streams[0])
      try writer.flush()
    }
    try writer.finish()
    var status = stat()
    #expect(lstat(link.string, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    #expect(try TraceFile(path: path).isComplete)
  }

  @Test func tablesThatLeaveNoRoomEndTheRecording() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("tables.sortie")
    var writer = try writer(path)
    var failure: TraceError?
    do throws(TraceError) {
      var random = SeededGenerator(seed: 1)
      for _ in 0..<100 {
        let names = (0..<2000).map { MarkRow(tsc: $0, name: "\(random.next())") }
        try writer.append(rows: names)
      }
    } catch { failure = error }
    guard case .write(_, _, .fileTooLarge) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(size(path) <= Self.limit)
    #expect(try TraceFile(path: path).damage.isEmpty)
  }

  @Test func whatIsNoRegularFileIsRefused() throws {
    #expect(throws: TraceError.open(path: "/dev/null", .invalidArgument)) { _ = try writer("/dev/null") }
  }
}
