import LabBoot
import SortieAnalysis
import SortieTrace
import SystemPackage
import Testing

/// What perf and trace-cmd recorded of the same guests, imported, against what `perf kvm stat report` says of it.
@Suite(.serialized, .needsLab)
struct ImportLabTests {
  static let recordings = ["import-whole", "import-stat"].flatMap { command in
    ["perf", "dat"].map { (command, $0) }
  }

  private func analysis(_ command: String, _ file: String) throws -> Analysis {
    try analyze(TraceFileSource(TraceFile(path: Lab.file(file + ".sortie", of: command))))
  }

  /// Rows of `perf kvm stat report`: exits by the vendor's name.
  private func report(_ command: String) throws -> [String: UInt64] {
    let numbers = try PerfReasons.numbers(TraceFile(path: Lab.file("perf.sortie", of: command)))
    let rows = PerfReasons.report(try Lab.text("perf.report", of: command))
    return try Dictionary(
      uniqueKeysWithValues: PerfReasons.exits(rows, numbers).map {
        (HardwareExitReason(isa: 2, number: $0).name, $1)
      })
  }

  @Test(arguments: ["import-whole", "import-stat"])
  func allEndedAsItShould(command: String) throws {
    let outcome = try Lab.outcome(command)
    let said = try Lab.text("said", of: command)
    #expect(outcome.status == 0, "\(outcome.errors) \(said)")
    #expect(try !report(command).isEmpty)
  }

  @Test(arguments: recordings)
  func exitsByReasonAreThoseOfPerfsReport(command: String, file: String) throws {
    let analysis = try analysis(command, file)
    var exits: [String: UInt64] = [:]
    for row in analysis.exits where row.count > row.unpaired {
      exits[row.reason, default: 0] += row.count - row.unpaired
    }
    let report = try report(command)
    #expect(exits == report)
    #expect(analysis.totals.inversions == 0)
    #expect(analysis.totals.misplaced == 0, "\(analysis.vcpus.compactMap(\.kernel))")
    #expect(analysis.losses.isEmpty)
    #expect(analysis.unit == .nanoseconds)
  }

  @Test(arguments: ["perf", "dat"])
  func withSystemCallsRoundTripsHaveTimes(file: String) throws {
    let analysis = try analysis("import-whole", file)
    #expect(analysis.trips == .stamped)
    let site = try #require(analysis.sites.first { $0.site == "pio write 0xe0/4" && $0.interval == .vmm })
    #expect(site.count >= 300 && site.cycles.count >= 300)
    #expect(analysis.totals.light != nil)
  }

  @Test func withoutUserspaceExitsClassesAreUnknown() throws {
    let analysis = try analysis("import-stat", "perf")
    #expect(analysis.trips == .unknown)
    #expect(analysis.totals.light == nil)
    #expect(analysis.exits.allSatisfy { $0.light == 0 && $0.heavy == 0 && $0.kicked == 0 })
    // trace-cmd recorded all of the kvm events of the same guests.
    let whole = try self.analysis("import-stat", "dat")
    #expect(whole.trips == .counted)
  }

  @Test(arguments: ["import-whole", "import-stat"])
  func aCutRecordingIsReadAsFarAsItGoesOrRefused(command: String) throws {
    let status = try Lab.text("cut.status", of: command)
    let said = try Lab.text("cut.said", of: command)
    #expect(said.contains("cut off"), "\(said)")
    // Version 7 has the list of its parts at its end, version 6 at its beginning.
    #expect(status == (command == "import-whole" ? "1\n" : "0\n"), "\(said)")
  }
}
