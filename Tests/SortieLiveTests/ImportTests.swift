import Foundation
import Testing

/// `sortie import`, which needs no KVM, from a recording to a report.
@Suite(.enabled(if: SortieTool.obstacle == nil, "\(SortieTool.obstacle ?? "")"))
struct ImportTests {
  private struct Report: Decodable {
    struct Exit: Decodable {
      let reason: String
      let count: UInt64
      let light: UInt64?
      let heavy: UInt64?
      let unpaired: UInt64
    }

    struct Totals: Decodable {
      let roundTrips: UInt64?
      let heavy: UInt64?
      let light: UInt64?
    }

    struct Host: Decodable {
      let stampUnit: String
      let tscKhz: UInt64?
    }

    let exits: [Exit]
    let totals: Totals
    let host: Host

    /// Exits that came back to the guest, by reason: what `perf kvm stat report` counts.
    var counts: [String: UInt64] {
      Dictionary(uniqueKeysWithValues: exits.map { ($0.reason, $0.count - $0.unpaired) }).filter {
        $0.value > 0
      }
    }
  }

  private static let recordings =
    #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
    + "/SortieProbesTests/Recorded/imports/"

  /// Of each recording: what `perf kvm stat report` says of it, and of trace.dat `trace-cmd report` less the last exits.
  private static let counts: [String: [String: UInt64]] = [
    "perf-zstd.data": ["SVM_EXIT_NPF": 27, "SVM_EXIT_IOIO": 24, "SVM_EXIT_INTR": 1],
    "perf-kvmstat.data": [
      "SVM_EXIT_VMMCALL": 50, "SVM_EXIT_NPF": 27, "SVM_EXIT_IOIO": 4, "SVM_EXIT_INTR": 1,
    ],
    "trace-v6.dat": ["SVM_EXIT_NPF": 27, "SVM_EXIT_IOIO": 24],
    "trace-v7-zstd.dat": ["SVM_EXIT_NPF": 27, "SVM_EXIT_IOIO": 24],
    "trace-v7-zlib.dat": ["SVM_EXIT_NPF": 27, "SVM_EXIT_IOIO": 24],
  ]

  private func imported(_ file: String, in directory: TemporaryDirectory) throws -> String {
    let trace = directory.file("imported.sortie")
    let result = try SortieTool.run(["import", Self.recordings + file, "-o", trace])
    try #require(result.ending == .exited(0), "\(result.messages)")
    return trace
  }

  private func report(_ file: String) throws -> Report {
    let directory = try TemporaryDirectory()
    let result = try SortieTool.run(["report", try imported(file, in: directory), "--json"])
    try #require(result.ending == .exited(0), "\(result.messages)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Report.self, from: Data(result.output))
  }

  @Test(arguments: counts.keys.sorted())
  func exitsByReasonAreThoseOfTheToolsOwnReport(file: String) throws {
    let report = try report(file)
    #expect(report.counts == Self.counts[file])
    #expect(report.host.stampUnit == "ns")
    #expect(report.host.tscKhz == nil)
  }

  @Test func whatWasNotRecordedIsUnknown() throws {
    let exitsAlone = try report("perf-kvmstat.data")
    #expect(exitsAlone.totals.roundTrips == nil && exitsAlone.totals.light == nil)
    #expect(exitsAlone.exits.allSatisfy { $0.light == nil && $0.heavy == nil })
    let withUserspaceExits = try report("trace-v6.dat")
    #expect(withUserspaceExits.totals.heavy == 27)
    #expect(withUserspaceExits.totals.light == 27)
  }

  @Test(arguments: counts.keys.sorted())
  func noFigureOfNanosecondsIsCalledCycles(file: String) throws {
    let directory = try TemporaryDirectory()
    let trace = try imported(file, in: directory)
    let json = try SortieTool.run(["report", trace, "--json"])
    let keys = String(decoding: json.output, as: UTF8.self).matches(of: /"([a-z_0-9]*cycles)" :/).map { $0.1 }
    #expect(Set(keys) == ["lecture_heavy_change_cycles"])
    let text = String(decoding: try SortieTool.run(["report", trace]).output, as: UTF8.self)
    for line in text.split(separator: "\n") where line.contains("cycles") {
      #expect(line.contains("has no cycles") || line.contains("rule of thumb"), "\(line)")
    }
    #expect(try SortieTool.run(["info", trace]).ending == .exited(0))
    let dump = try SortieTool.run(["dump", trace])
    #expect(String(decoding: dump.output, as: UTF8.self).contains("kvm_exit"))
  }

  @Test func whatCannotBeImportedIsRefusedByName() throws {
    let directory = try TemporaryDirectory()
    let trace = directory.file("none.sortie")
    for (name, bytes) in [("empty", []), ("text", Array("some text that is no recording".utf8))] {
      let path = try directory.write(bytes, to: name)
      expectRefusal(try SortieTool.run(["import", path, "-o", trace]), naming: path)
    }
    expectRefusal(try SortieTool.run(["import", "/no/such.data", "-o", trace]), naming: "/no/such.data")
    let recording = try TemporaryDirectory.contents(Self.recordings + "perf-zstd.data")
    let cut = try directory.write(Array(recording.dropLast(recording.count / 2)), to: "cut.data")
    expectRefusal(try SortieTool.run(["import", cut, "-o", trace]), naming: "cut off")
    #expect(!FileManager.default.fileExists(atPath: trace))
  }
}
