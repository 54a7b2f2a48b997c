import FoundationEssentials
import LabBoot
import SortieAnalysis
import SortieTrace
import Testing

/// A guest of light exits that others look at from outside, each in its own way, where exits are the processor's.
@Suite(.serialized, .needsLab)
struct WatchLabTests {
  private static let files = ["all", "hlt", "aggregate"]

  private func analysis(_ name: String) throws -> Analysis {
    try analyze(TraceFileSource(TraceFile(path: Lab.file("\(name).sortie", of: "watched"))))
  }

  private func exits(_ analysis: Analysis) -> [String: UInt64] {
    Dictionary(uniqueKeysWithValues: analysis.exits.map { ($0.reason, $0.count) })
  }

  @Test func allEndAsTheyShouldAndLeaveNothing() throws {
    let outcome = try Lab.outcome("watched")
    let said = try (Self.files + ["top", "vm"]).map { try Lab.text("\($0).said", of: "watched") }
    #expect(outcome.status == 0, "\(outcome.errors) \(said)")
    #expect(try Lab.text("instances", of: "watched").isEmpty)
  }

  @Test(arguments: files)
  func nothingIsLostUnknownOrOutOfOrder(name: String) throws {
    let analysis = try analysis(name)
    #expect(analysis.totals.lost == 0 && analysis.totals.lossesOfUnknownCount == 0)
    #expect(analysis.totals.unknown == 0 && analysis.totals.inversions == 0 && analysis.totals.misplaced == 0)
    #expect((analysis.totals.light ?? 0) > 100)
    let closure = try #require(analysis.checks.first { $0.name == .timeClosure })
    #expect(closure.state == (name == "hlt" ? .unknown : .ok), "\(closure.text)")
  }

  @Test func histogramsSayWhatEventsSay() throws {
    let (all, kept) = (try analysis("all"), try analysis("aggregate"))
    #expect(kept.isAggregate && !all.isAggregate)
    let (seen, found) = (exits(all), exits(kept))
    let (halts, own) = (try #require(seen["SVM_EXIT_HLT"]), try #require(found["SVM_EXIT_HLT"]))
    #expect(halts > 50 && own > 50)
    // Neither began nor ended when the other did, but what the guest does in turns stays as it is.
    for (reason, count) in seen where count > halts / 2 {
      let share = Double(count) / Double(halts)
      let ownShare = Double(found[reason] ?? 0) / Double(own)
      #expect(abs(share - ownShare) < 0.1, "\(reason): \(share), \(ownShare)")
    }
    for site in kept.sites where site.exitClass == .light {
      #expect(site.stages?.count == site.count && site.tier == .kernel, "\(site.site)")
    }
    let (longest, median) = (kept.sites.first { $0.reason == "SVM_EXIT_HLT" }, \SiteCost.cycles.p50)
    let (one, other) = (
      try #require(longest?[keyPath: median]),
      try #require(all.sites.first { $0.reason == "SVM_EXIT_HLT" }?[keyPath: median])
    )
    #expect(one < 4 * other && other < 4 * one)
    // The guest sleeps.
    #expect(try #require(kept.totals.parts).blocked > 0)
  }

  @Test func aFilterKeepsItsReasonAndCountsTheRest() throws {
    let analysis = try analysis("hlt")
    #expect(Set(analysis.exits.filter { $0.light > 0 }.map(\.reason)) == ["SVM_EXIT_HLT"])
    #expect(analysis.totals.leftOutOperations > 0 && analysis.totals.leftOutEvents > 0)
    let all = exits(try self.analysis("all"))
    let others = all.reduce(0) { $0 + $1.value } - (all["SVM_EXIT_HLT"] ?? 0)
    let (kept, leftOut) = (Double(analysis.totals.light ?? 0), Double(analysis.totals.leftOutOperations))
    let share = Double(all["SVM_EXIT_HLT"] ?? 0) / Double(others)
    #expect(abs(kept / leftOut - share) < 0.1 * share, "\(kept) kept, \(leftOut) left out, \(share)")
  }

  @Test func topShowsLightExitsWithTheirSites() throws {
    struct Interval: Decodable {
      struct VM: Decodable { var figures: Figures }
      struct Figures: Decodable {
        var exits: UInt64?
        var light: UInt64?
        var heavy: UInt64
        var sites: [Site]
      }
      struct Site: Decodable {
        var site: String
        var `class`: String
        var count: UInt64
        var p50Cycles: UInt64?
      }
      var eventsLostInAll: UInt64
      var lightUnknownBecause: String?
      var vms: [VM]
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let intervals = try Lab.text("top.json", of: "watched").split(separator: "\n").map {
      try decoder.decode(Interval.self, from: Data($0.utf8))
    }
    #expect(intervals.count == 3)
    for interval in intervals {
      #expect(interval.eventsLostInAll == 0 && interval.lightUnknownBecause == nil)
      let figures = try #require(interval.vms.first).figures
      #expect((figures.light ?? 0) > 10 && figures.heavy == 0 && figures.exits != nil)
      let halts = try #require(figures.sites.first { $0.site == "hlt" })
      #expect(halts.class == "light" && halts.count > 5 && halts.p50Cycles != nil)
    }
  }
}
