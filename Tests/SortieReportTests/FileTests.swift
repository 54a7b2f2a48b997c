import FoundationEssentials
import SortieAnalysis
import SortieReport
import SortieTrace
import SystemPackage
import Testing
import TraceFixtures

#if canImport(Glibc)
  import Glibc
#endif

/// Writes the events of `trace` into a file, hands its bytes over, and removes it.
func fileBytes(of trace: MemoryTrace) throws -> [UInt8] {
  let path = FilePath("/tmp/sortie-report-tests-\(UInt64.random(in: 0...(.max))).sortie")
  defer { unlink(path.string) }
  var writer = try TraceFileWriter(
    path: path, identity: TraceIdentity(tscKHz: trace.tscKilohertz, tscIsInvariant: true))
  for stream in trace.rows(StreamRow.self) {
    for block in 0..<trace.blockCount(of: stream.stream) {
      try trace.roundTrips(of: stream.stream, block: block).withUnsafeBufferPointer {
        try writer.append(roundTrips: $0, stream: stream.stream)
      }
      try trace.guestSpans(of: stream.stream, block: block).withUnsafeBufferPointer {
        try writer.append(guestSpans: $0, stream: stream.stream)
      }
    }
  }
  try writer.append(rows: trace.rows(StreamRow.self))
  try writer.append(rows: trace.rows(HostAttribute.self))
  try writer.append(rows: trace.rows(VMAttribute.self))
  try writer.append(rows: trace.rows(VCPURow.self))
  try writer.append(rows: trace.rows(DeviceRow.self))
  try writer.append(rows: trace.rows(SymbolRow.self))
  try writer.append(rows: trace.rows(StatisticRow.self))
  try writer.append(rows: trace.rows(ProbeCostRow.self))
  try writer.append(rows: trace.losses)
  try writer.finish()
  let file = try FileDescriptor.open(path, .readOnly)
  defer { try? file.close() }
  var bytes = [UInt8](repeating: 0, count: 1 << 24)
  let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
  return Array(bytes[..<count])
}

@Suite struct FileTests {
  @Test func aFileIsReportedAsTheEventsItWasMadeOf() throws {
    let trace = sampleTrace(vms: 2)
    let file = try TraceFile(bytes: fileBytes(of: trace), name: "sample")
    let ofFile = try analyze(TraceFileSource(file))
    #expect(textReport(ofFile) == textReport(analyze(trace)))
    var lines: [UInt8] = []
    var expected: [UInt8] = []
    try dump(TraceFileSource(file), format: .jsonLines) { bytes in
      lines += bytes
      return true
    }
    dump(trace, format: .jsonLines) { bytes in
      expected += bytes
      return true
    }
    #expect(lines == expected)
  }

  @Test func aTraceThatIsCutSaysSo() throws {
    let bytes = try fileBytes(of: sampleTrace())
    let file = try TraceFile(bytes: Array(bytes.dropLast(bytes.count / 3)), name: "cut")
    let analysis = try analyze(TraceFileSource(file))
    #expect(analysis.ledger.contains { $0.kind == .warning && $0.text.contains("did not finish") })
    let text = textSummary(try TraceSummary(of: file))
    #expect(text.contains("not finished by its recorder"))
  }

  @Test func theSummaryCountsWhatIsThere() throws {
    let bytes = try fileBytes(of: sampleTrace())
    let summary = try TraceSummary(of: TraceFile(bytes: bytes, name: "sample"))
    #expect(summary.streams.map(\.events) == [1103, 1100])
    #expect(summary.isFinished && summary.damage.isEmpty && summary.losses.isEmpty)
    #expect(summary.size == UInt64(bytes.count))
    #expect(summary.host["hostname"] == "lab")
    let text = textSummary(summary)
    #expect(text.contains("finished, nothing damaged"))
    for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
    let json = try JSONDecoder().decode(JSONValue.self, from: Data(try jsonSummary(summary)))
    #expect(json["schema"] == .text("sortie.info/1"))
    #expect(json["finished"] == .bool(true))
    #expect(json["streams"]?.elements.first?["events"] == .number(1103))
    let schema = Set(try schemaText().split(separator: "`").map(String.init))
    for key in json.keys { #expect(schema.contains(key), "\(key) is not in SCHEMA.md") }
  }
}
