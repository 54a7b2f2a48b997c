import SystemPackage
import Testing

@testable import SortieTrace

/// Every block with every value, as `read_trace.py` prints it.
private func dump(_ trace: TraceFile) throws -> String {
  func compact(_ id: TraceUUID) -> String { id.description.filter { $0 != "-" } }
  var text =
    "trace \(trace.version.major).\(trace.version.minor) flags 15 khz \(trace.identity.tscKHz ?? 0)"
    + " boot \(trace.identity.bootID.map(compact) ?? "") id \(compact(trace.identity.traceID))\n"
  for block in trace.blocks {
    let set = try trace.decode(block)
    text +=
      "block \(block.offset) type \(block.type.rawValue) stream \(block.header.stream) rows \(set.count)\n"
    for column in set.columns {
      text += "column \(column.id.rawValue)"
      for row in 0..<set.count {
        let value =
          switch column.values {
          case .integers(let values): "\(values[row])"
          case .strings(let values): values[row].utf8.map { hexadecimal(UInt64($0), digits: 2) }.joined()
          case .bytes(let values): values[row].map { hexadecimal(UInt64($0), digits: 2) }.joined()
          }
        text += " " + (column.isPresent(row) ? value : "-")
      }
      text += "\n"
    }
  }
  return text
}

@Suite struct FormatTests {
  private static let hasZstd = isInstalled("zstd")
  private static let hasPython = isInstalled("python3")

  /// Random columns and a plausible run: every packing and predictor comes up.
  private func write(_ path: FilePath, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var writer = try TraceFileWriter(path: path, identity: testIdentity)
    try writer.append(rows: [
      StreamRow(stream: StreamID(rawValue: 1), kind: .vmm, clock: .hostTSC, name: "vcpu 0")
    ])
    try writer.append(plausibleRoundTrips(3000, seed: seed), StreamID(rawValue: 1))
    for stream in 2...12 as ClosedRange<UInt32> {
      try writer.append(
        events: RandomColumns.set(using: &random, maximumRows: 300), stream: StreamID(rawValue: stream))
    }
    try writer.append(
      (0..<50).map { GuestSpanRecord(g0: $0 * 900, g1: $0 * 900 + 400) }, StreamID(rawValue: 13))
    try writer.finish()
  }

  @Test(
    .enabled(if: hasZstd && hasPython, "python3 or zstd is not installed"), arguments: [1, 2, 3] as [UInt64])
  func aReaderWrittenFromTheSpecificationReadsTheSame(seed: UInt64) throws {
    let directory = TemporaryDirectory()
    let path = directory.file("spec.sortie")
    try write(path, seed: seed)
    let script = FilePath(#filePath).removingLastComponent().appending("read_trace.py").string
    let result = try #require(run(["python3", script, path.string]))
    #expect(result.status == 0, "\(result.output.suffix(500))")
    let expected = try dump(TraceFile(path: path))
    #expect(result.output == expected)
  }

  @Test(.enabled(if: hasZstd, "zstd is not installed")) func zstdAcceptsTheFile() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("frames.sortie")
    try write(path, seed: 4)
    let test = try #require(run(["zstd", "-t", "--format=zstd", path.string]))
    #expect(test.status == 0, "\(test.output)")
    let decompressed = try #require(run(["sh", "-c", "zstd -dc < \(path.string) | wc -c"]))
    let content = try TraceFile(path: path).blocks.reduce(0) { $0 + $1.contentLength }
    #expect(Int(decompressed.output.filter(\.isNumber)) ?? 0 >= content)
    // A changed payload is found by zstd alone.
    var bytes = contents(of: path)
    let block = try #require(try TraceFile(path: path).blocks.first { $0.rows > 1000 })
    bytes[Int(block.payloadOffset) + 1000] ^= 4
    try SortieTraceTests.write(bytes, to: path)
    #expect(run(["zstd", "-t", path.string])?.status != 0)
  }

  @Test func everyPackingAndPredictorIsUsed() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("encodings.sortie")
    var packings: Set<UInt8> = []
    var predictors: Set<UInt8> = []
    for seed in 1...3 as ClosedRange<UInt64> {
      try write(path, seed: seed)
      for block in try TraceFile(path: path).blocks {
        packings.formUnion(block.header.columns.map(\.packing))
        predictors.formUnion(block.header.columns.map(\.predictor))
      }
    }
    #expect(packings == [0, 1, 2, 3, 4, 16])
    #expect(predictors == [0, 1, 2])
  }
}
