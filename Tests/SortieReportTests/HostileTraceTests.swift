import FoundationEssentials
import SortieAnalysis
import SortieReport
import Testing
import TraceFixtures

@Suite struct HostileTraceTests {
  @Test(arguments: 0..<20) func anyTraceHasAReport(seed: UInt64) throws {
    let trace = hostileTrace(seed: seed)
    let analysis = analyze(trace)
    let text = textReport(analysis)
    for line in text.split(separator: "\n") where line.count > 100 { Issue.record("too wide: \(line)") }
    #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0 == "\u{202e}" })
    _ = try JSONDecoder().decode(JSONValue.self, from: Data(try jsonReport(analysis)))
    dump(trace, format: .jsonLines) { bytes in
      for line in bytes.split(separator: UInt8(ascii: "\n")).prefix(3) {
        #expect(throws: Never.self) { try JSONDecoder().decode(JSONValue.self, from: Data(line)) }
      }
      return true
    }
    dump(trace, format: .text) { bytes in
      #expect(!bytes.contains { $0 < 0x20 && $0 != UInt8(ascii: "\n") })
      return true
    }
  }
}
