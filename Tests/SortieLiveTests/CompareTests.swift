import Foundation
import Testing
import WorkloadCatalog

extension LiveTests {
  /// Comparisons of traces, and those that record their variants themselves.
  @Suite struct CompareTests {
    @Test("two recordings differ in what they were told to do, of each operation")
    func traces() throws {
      let (a, b) = (try Recording("pio-write", iterations: 300), try Recording("pio-read", iterations: 500))
      let result = try SortieTool.run(["compare", a.path, b.path, "--json"])
      try #require(result.status == 0, "\(result.messages)")
      let document = try Document(result.output)
      #expect(document.schema == "sortie.compare/2")
      #expect(document.sides.map { $0.runs.first?.operations } == [300, 500])
      for (site, sides) in [("pio write 0xe0/4", [1.0, 0]), ("pio read 0xe0/4", [0, 1.0])] {
        let row = try #require(document.sites.first { $0.site == site })
        #expect(row.sides.map(\.exitsPerOperation) == sides)
        #expect(row.sides.map(\.isPresent) == sides.map { $0 > 0 })
        #expect(row.sides[1].exitsDifference == sides[1] - sides[0])
      }
      #expect(document.sites.contains { $0.site == "pio write 0xf4/4" })
      let inside = try SortieTool.run(["compare", a.path, b.path, "--between-stamps", "--json"])
      try #require(inside.status == 0, "\(inside.messages)")
      #expect(
        try Document(inside.output).sites.map(\.site).sorted() == ["pio read 0xe0/4", "pio write 0xe0/4"])
    }

    @Test(
      "all doorbells are measured, with as many round trips as predicted; what this host cannot run is named")
    func doorbell() throws {
      let directory = try TemporaryDirectory()
      let (traces, markdown) = (directory.file("traces"), directory.file("doorbell.md"))
      let result = try SortieTool.run(
        [
          "compare", "doorbell", "--blocks", "1", "--iterations", "200", "--seed", "7", "--json", "-o",
          traces,
          "--markdown", markdown,
        ], limit: 300)
      try #require(result.status == 0, "\(result.messages)")
      let document = try Document(result.output)
      let experiment = try #require(document.experiment)
      #expect(experiment.blocks == 1 && experiment.seed == 7 && experiment.disagreements.isEmpty)
      let left = experiment.leftOut.map(\.name)
      #expect(left == (LiveHost.kind?.hasHardwareExits == true ? [] : ["hypercall"]))
      let all = try #require(ReadyComparison.named("doorbell")).variants
      #expect(experiment.variants.map(\.name) == all.map(\.name).filter { !left.contains($0) })
      for (side, variant) in zip(document.sides, experiment.variants) {
        let run = try #require(side.runs.first)
        #expect(run.operations == 400, "twice in a block")
        #expect(run.roundTripsInsidePerOperation == variant.predictedHeavy.least, "\(variant.name)")
        #expect(variant.blockCycles.map(\.count) == [2])
      }
      if LiveHost.kind?.hasHardwareExits == false {
        #expect(experiment.effects.isEmpty, "a speed-up would be the emulator's")
      }
      let kept = try FileManager.default.contentsOfDirectory(atPath: traces)
      #expect(kept.count == 3 * experiment.variants.count && kept.allSatisfy { $0.hasSuffix(".sortie") })
      #expect(try String(contentsOfFile: markdown, encoding: .utf8).hasPrefix("### sortie compare"))
    }

    @Test("a variant against itself shows no difference in exits")
    func itself() throws {
      let result = try SortieTool.run(
        [
          "compare", "doorbell", "--variants", "pio-write,pio-write", "--blocks", "1", "--iterations", "100",
          "--json",
        ], limit: 100)
      try #require(result.status == 0, "\(result.messages)")
      let document = try Document(result.output)
      #expect(document.experiment?.variants.map(\.name) == ["pio-write", "pio-write-2"])
      let heavy = document.sites.filter { $0.class == "heavy" }
      #expect(!heavy.isEmpty && heavy.allSatisfy { $0.sides[1].exitsDifference == 0 })
    }

    @Test("a transfer that goes wrong fails the comparison, with the variant's name")
    func wrongTransfer() throws {
      let arguments = [
        "compare", "disk", "--variants", "disk-ide-dma,disk-virtio", "--iterations", "8", "--blocks", "1",
      ]
      let right = try SortieTool.run(arguments + ["--json"], limit: 100)
      try #require(right.status == 0, "\(right.messages)")
      let document = try Document(right.output)
      #expect(document.experiment?.disagreements.isEmpty == true)
      #expect(document.sides.map { $0.runs.first?.roundTripsInsidePerOperation } == [13, 0])
      let wrong = try SortieTool.run(
        arguments + ["--inject-corruption", "3", "--inject-into", "disk-virtio"], limit: 100)
      #expect(wrong.status == 1, "\(wrong.messages)")
      let text = String(decoding: wrong.output, as: UTF8.self)
      #expect(text.contains("FAILED: disk-virtio"), "\(text)")
      #expect(!text.contains("FAILED: disk-ide-dma"), "\(text)")
    }

    @Test(
      "a comparison of devices that every host has is as predicted", arguments: ["console", "disk"])
    func devices(name: String) throws {
      let result = try SortieTool.run(["compare", name, "--iterations", "32", "--blocks", "1"], limit: 200)
      try #require(result.status == 0, "\(result.messages)")
      let text = String(decoding: result.output, as: UTF8.self)
      #expect(text.contains("as predicted") && !text.contains("NOT AS PREDICTED"), "\(text)")
    }

    @Test("another plan is performed by all variants alike, and predicted anew")
    func anotherPlan() throws {
      let result = try SortieTool.run(
        [
          "compare", "disk", "--variants", "disk-ide-pio,disk-virtio", "--bytes", "1024", "--writes", "25",
          "--plan-seed", "9", "--sequential", "--iterations", "32", "--blocks", "1",
        ], limit: 100)
      try #require(result.status == 0, "\(result.messages)")
      let text = String(decoding: result.output, as: UTF8.self)
      #expect(text.contains("disk: what it costs to read or write 1024 bytes"), "\(text)")
      #expect(text.contains("as predicted") && !text.contains("NOT AS PREDICTED"), "\(text)")
      #expect(text.contains("--parameter 1024 --parameter 9 --parameter 25 --parameter 1"), "\(text)")
    }

    @Test("traces of one plan whose guests transferred other data are no comparison: status 1")
    func tracesThatDisagree() throws {
      let directory = try TemporaryDirectory()
      func record(_ name: String, _ options: [String]) throws -> String {
        let path = directory.file(name)
        _ = try SortieTool.run(
          ["record", name, "--iterations", "16", "-o", path, "--parameter", "512"] + options, limit: 60)
        return path
      }
      let paths = [
        try record("disk-ide-dma", []), try record("disk-virtio", ["--inject-corruption", "3"]),
        try record("disk-ide-pio", ["--parameter", "7"]),
      ]
      let wrong = try SortieTool.run(["compare", paths[0], paths[1]])
      #expect(wrong.status == 1, "\(wrong.messages)")
      let text = String(decoding: wrong.output, as: UTF8.self)
      #expect(text.contains("FAILED") && text.contains("io_read_checksum"), "\(text)")
      let other = try SortieTool.run(["compare", paths[0], paths[2]])
      #expect(other.status == 0, "another seed is another plan: \(other.messages)")
      #expect(String(decoding: other.output, as: UTF8.self).contains("did not transfer the same"))
    }

    @Test("Ctrl-C leaves a report of the blocks that were measured, and status 130")
    func interrupted() throws {
      let directory = try TemporaryDirectory()
      let traces = directory.file("traces")
      let comparison = try SortieTool.start([
        "compare", "doorbell", "--variants", "pio-write,pio-ioeventfd",
        "--blocks", "10000", "--budget", "10000", "--iterations", "100", "-o", traces,
      ])
      let deadline = Subprocess.now() + 60
      while access(traces + "/pio-write-2-2.sortie", F_OK) != 0 {
        try #require(Subprocess.now() < deadline, "no second block")
        usleep(20_000)
      }
      comparison.send(SIGINT)
      let result = try comparison.wait(limit: 30)
      #expect(result.status == 130)
      let text = String(decoding: result.output, as: UTF8.self)
      #expect(text.contains("pio-ioeventfd") && text.contains("interrupted"))
    }

    @Test(
      "a command line that makes no sense ends with status 2 and says why",
      arguments: [
        ["compare"], ["compare", "one.sortie"], ["compare", "nosuch"],
        ["compare", "doorbell", "--variants", "nosuch"],
        ["compare", "doorbell", "--variants", "pio-write"], ["compare", "doorbell", "--blocks", "0"],
        ["compare", "disk", "--inject-corruption", "1", "--inject-into", "nosuch"],
        ["compare", "doorbell", "--budget", "0"], ["compare", "doorbell", "--per", "5"],
        ["compare", "a", "b", "--per", "x"], ["compare", "a", "b", "--per", "1,2,3"],
        ["compare", "a", "b", "--variants", "pio-write"], ["compare", "doorbell", "--between-stamps"],
        ["compare", "doorbell", "--bytes", "64"], ["compare", "net", "--writes", "10"],
        ["compare", "disk", "--writes", "101"], ["compare", "a", "b", "--bytes", "512"],
        ["compare", "a", "b", "--memory", "32"],
        ["compare", "disk", "--kick", "exit"],
      ])
    func usage(arguments: [String]) throws {
      let result = try SortieTool.run(arguments)
      #expect(result.status == 2)
      #expect(!result.messages.isEmpty && result.output.isEmpty)
    }

    @Test("what is no trace ends with status 4 and is named")
    func noTrace() throws {
      let recording = try Recording("pio-write", iterations: 10)
      let directory = try TemporaryDirectory()
      let path = try directory.write(Array("no trace".utf8), to: "bad.sortie")
      for bad in [path, directory.file("absent.sortie")] {
        let result = try SortieTool.run(["compare", recording.path, bad])
        #expect(result.status == 4 && result.messages.contains(bad))
      }
    }

    @Test(
      "one variant that can run is nothing to compare: status 4, with the reasons",
      .enabled(if: LiveHost.kind?.hasHardwareExits == false, "this host executes hypercalls"))
    func nothingToCompare() throws {
      let result = try SortieTool.run(
        ["compare", "doorbell", "--variants", "pio-write,hypercall", "--blocks", "1"], limit: 60)
      #expect(result.status == 4 && result.messages.contains("VMCALL") && result.output.isEmpty)
    }
  }

  /// What of `sortie.compare/2` is looked at here.
  private struct Document: Decodable {
    struct Side: Decodable {
      var runs: [Run]
    }
    struct Run: Decodable {
      var operations: UInt64?
      var roundTripsInsidePerOperation: Double?
    }
    struct Site: Decodable {
      var `class`: String
      var site: String
      var sides: [Cell]
    }
    struct Cell: Decodable {
      var isPresent: Bool
      var exitsPerOperation: Double?
      var exitsDifference: Double?
    }
    struct Experiment: Decodable {
      var seed: UInt64
      var blocks: Int
      var variants: [Variant]
      var leftOut: [LeftOut]
      var disagreements: [Disagreement]
      var effects: [Effect]
    }
    struct Variant: Decodable {
      var name: String
      var predictedHeavy: Range
      var blockCycles: [[UInt64]]
    }
    struct Range: Decodable { var least: Double }
    struct LeftOut: Decodable { var name: String }
    struct Disagreement: Decodable { var output: String }
    struct Effect: Decodable { var variant: String }

    var schema: String
    var sides: [Side]
    var sites: [Site]
    var experiment: Experiment?

    init(_ bytes: [UInt8]) throws {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      self = try decoder.decode(Self.self, from: Data(bytes))
    }
  }
}
