import Foundation
import FoundationXML
import Testing
import WorkloadCatalog

extension LiveTests {
  /// The regression gate, on guests that run.
  @Suite struct GateTests {
    /// A result of `sortie bench` on this host, of exits only.
    private static func budget(_ directory: TemporaryDirectory, _ operations: [String]) throws -> String {
      let path = directory.file("budget.json")
      let result = try SortieTool.run(["bench", "--exits-only", "-o", path] + operations, limit: 120)
      try #require(result.status == 0, "\(result.messages)")
      return path
    }

    @Test(
      "a budget of exits passes again, and one exit more in 1,000 operations is a regression, heavy or light")
    func exitBudget() throws {
      let directory = try TemporaryDirectory()
      let budget = try Self.budget(directory, ["pio-write", "cpuid"])
      let junit = directory.file("check.xml")
      let same = try SortieTool.run(
        ["check", "--exits", "--baseline", budget, "--junit", junit, "--json"], limit: 120)
      #expect(same.status == 0, "\(String(decoding: same.output, as: UTF8.self))")
      #expect(XMLParser(data: Data(try TemporaryDirectory.contents(junit))).parse())
      for injection in ["--inject-port-every", "--inject-cpuid-every"] {
        let more = try SortieTool.run(
          ["check", "--exits", "--baseline", budget, "cpuid", injection, "1000"], limit: 120)
        #expect(more.status == 1, "\(injection): \(String(decoding: more.output, as: UTF8.self))")
      }
    }

    @Test(
      "an operation that this host cannot run is named and left out",
      .enabled(if: LiveHost.kind?.hasHardwareExits == false, "this host executes hypercalls"))
    func unsupported() throws {
      let directory = try TemporaryDirectory()
      let result = try SortieTool.run(
        ["bench", "--exits-only", "hypercall", "cpuid", "-o", directory.file("b.json")], limit: 60)
      #expect(result.status == 0)
      let text = String(decoding: result.output, as: UTF8.self)
      #expect(text.contains("hypercall") && text.contains("left out"))
      // What it could not run then either is no news to a check.
      let check = try SortieTool.run(["check", "--exits", "--baseline", directory.file("b.json")], limit: 60)
      #expect(check.status == 0)
    }

    @Test("the gate sees what it must see and is quiet where nothing changed")
    func selfTest() throws {
      // What is looked for here is a wrong verdict, which more seconds for each run make no less wrong, and nor does a quiet
      // machine: it runs beside other tests.
      let result = try SortieTool.run(
        ["bench", "--self-test", "--short", "--budget", "3", "--seed", "20161"], limit: 400)
      #expect(result.status == 0, "\(String(decoding: result.output, as: UTF8.self))")
    }

    @Test("cycles of another kernel are not comparable, with the difference named, unless they are forced")
    func anotherHost() throws {
      let directory = try TemporaryDirectory()
      let path = try Self.budget(directory, ["cpuid"])
      var document = try String(contentsOfFile: path, encoding: .utf8)
      document = document.replacing(#/"kernel" : "[^"]*"/#, with: "\"kernel\" : \"1.2.3\"")
      try document.write(toFile: path, atomically: true, encoding: .utf8)
      let refused = try SortieTool.run(["check", "--baseline", path, "--budget", "1"], limit: 60)
      #expect(refused.status == 4)
      #expect(String(decoding: refused.output, as: UTF8.self).contains("1.2.3"))
      let forced = try SortieTool.run(["check", "--baseline", path, "--budget", "1", "--force"], limit: 60)
      #expect(String(decoding: forced.output, as: UTF8.self).contains("FORCED in spite of another kernel"))
      // Exits mean the same there.
      let exits = try SortieTool.run(["check", "--exits", "--baseline", path], limit: 60)
      #expect(exits.status == 0)
    }

    @Test(
      "a command line that makes no sense ends with status 2 and says why",
      arguments: [
        ["check"], ["check", "--baseline", "/nonexistent"], ["check", "--against", "x", "--exits"],
        ["check", "--against", "/nonexistent/sortie", "cpuid"],
        ["check", "nosuch", "--against", "--memory 16"],
        ["check", "--against", "", "--tolerance", "much"], ["bench", "--budget", "0"], ["bench", "nosuch"],
        ["check", "--against", "", "--tolerance", "nosuch=1%"],
        ["check", "--against", "", "--tolerance", "0.5"],
        ["check", "--against", "", "--budget", "1e30"], ["check", "--prepare-a", "true", "cpuid"],
        ["check", "--prepare-b", "true", "cpuid"],
        ["check", "--against", "", "--prepare-b", "true", "cpuid"],
        ["check", "--against", "", "--irqchip", "none", "cpuid"],
        ["check", "--replay", "/nonexistent"], ["check", "--replay", "x", "--baseline", "y"],
        ["check", "--against", "'open quote", "cpuid"],
      ])
    func usage(arguments: [String]) throws {
      let result = try SortieTool.run(arguments)
      #expect(result.status == 2)
      #expect(!result.messages.isEmpty && result.output.isEmpty)
    }

    @Test(
      "a file that is no result of bench is refused with its name",
      arguments: ["", "{}", "[1", "{\"version\":1}"])
    func badBaseline(contents: String) throws {
      let directory = try TemporaryDirectory()
      let path = try directory.write(Array(contents.utf8), to: "bad.json")
      let result = try SortieTool.run(["check", "--exits", "--baseline", path])
      #expect(result.status == 2 && result.messages.contains("bad.json"))
    }

    @Test("what no measuring can tell is said at once: cycles of a baseline that has counts only")
    func countsOnly() throws {
      let directory = try TemporaryDirectory()
      let path = try Self.budget(directory, ["cpuid"])
      let check = try SortieTool.run(["check", "--baseline", path, "--budget", "30"], limit: 60)
      #expect(check.status == 4 && check.seconds < 15, "\(check.seconds) s")
      #expect(String(decoding: check.output, as: UTF8.self).contains("use --exits"))
    }

    @Test("a document of a newer version is refused as that, whatever it holds")
    func newerVersion() throws {
      let directory = try TemporaryDirectory()
      let path = try directory.write(Array("{\"version\":2}".utf8), to: "newer.json")
      for option in ["--baseline", "--replay"] {
        let result = try SortieTool.run(["check", option, path])
        #expect(result.status == 2 && result.messages.contains("has version 2"), "\(result.messages)")
      }
    }

    @Test("a document with seconds beyond all clocks is judged again")
    func hostileSeconds() throws {
      let directory = try TemporaryDirectory()
      let document = #"""
        {"version":1,"mode":"against","old":"a","new":"b","host":{},"seed":1,"seconds":1e300,"conditions":{},
        "differences":[],"is_forced":false,"exits":[],"cycles":[{"operation":"cpuid","verdict":"pass",
        "tolerance":0.02,"blocks":0,"rounds":0}]}
        """#
      let path = try directory.write(Array(document.utf8), to: "check.json")
      let result = try SortieTool.run(["check", "--replay", path])
      #expect(result.status == 0 && String(decoding: result.output, as: UTF8.self).contains("1e+300 s"))
    }

    @Test("a baseline that names an operation and its alias is of one operation")
    func alias() throws {
      let directory = try TemporaryDirectory()
      let path = try Self.budget(directory, ["pio-read"])
      var document = try Self.document(TemporaryDirectory.contents(path))
      var session = try #require((document["sessions"] as? [[String: Any]])?.first)
      let operation = try #require((session["operations"] as? [[String: Any]])?.first)
      let alias = operation.merging(["name": "inl_from_qemu"]) { $1 }
      session["operations"] = [operation, alias]
      document["sessions"] = [session]
      try directory.write([UInt8](JSONSerialization.data(withJSONObject: document)), to: "budget.json")
      let check = try SortieTool.run(["check", "--baseline", path, "--budget", "0.1", "--json"], limit: 60)
      #expect(check.status == 4, "\(check.messages)")
      let cycles = try Self.document(check.output)["cycles"] as? [[String: Any]]
      #expect(cycles?.map { $0["operation"] as? String } == ["pio-read"])
    }

    private static func document(_ bytes: [UInt8]) throws -> [String: Any] {
      try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test("three sessions bear a verdict on cycles, and of another kernel only a forced one, which says so")
    func baselineOfCycles() throws {
      let directory = try TemporaryDirectory()
      let path = directory.file("cycles.json")
      for session in 0..<3 {
        // The null loop is measured beside any operation; alone it takes half the time.
        let bench = try SortieTool.run(["bench", "empty", "--budget", "0.1", "--append", path], limit: 60)
        try #require(bench.status == 0, "\(bench.messages)")
        guard session == 1 else { continue }
        let early = try SortieTool.run(["check", "--baseline", path, "--budget", "30"], limit: 60)
        #expect(early.status == 3 && early.seconds < 15, "\(early.seconds) s")
        let text = String(decoding: early.output, as: UTF8.self)
        #expect(text.hasPrefix("INCONCLUSIVE: the baseline holds 2 sessions"), "\(text)")
      }
      // Where it takes fifty cycles, one more is 2 %.
      let arguments = ["check", "--baseline", path, "--budget", "0.1", "--tolerance", "50%"]
      let check = try SortieTool.run(arguments + ["--json"], limit: 60)
      #expect(check.status == 0 || check.status == 3, "\(check.messages)")
      let cycles = try Self.document(check.output)["cycles"] as? [[String: Any]]
      let judgement = try #require(cycles?.first)
      #expect(judgement["p_value"] is Double && judgement["smallest_detectable"] is Double)
      var document = try Self.document(TemporaryDirectory.contents(path))
      var host = try #require(document["host"] as? [String: String])
      host["kernel"] = "1.2.3"
      document["host"] = host
      try directory.write([UInt8](JSONSerialization.data(withJSONObject: document)), to: "cycles.json")
      let refused = try SortieTool.run(arguments, limit: 60)
      #expect(refused.status == 4)
      let forced = try SortieTool.run(arguments + ["--force"], limit: 60)
      #expect(forced.status == 0 || forced.status == 3, "\(forced.messages)")
      let text = String(decoding: forced.output, as: UTF8.self)
      #expect(text.contains("FORCED in spite of another kernel: 1.2.3") && text.contains("could see"))
    }

    @Test("each side's command runs before each of its blocks, A B B A or B A A B")
    func preparation() throws {
      let directory = try TemporaryDirectory()
      let order = directory.file("order")
      let result = try SortieTool.run(
        [
          "check", "cpuid", "--budget", "1", "--prepare-a", "printf A >>\(order)", "--prepare-b",
          "printf B >>\(order)",
        ], limit: 60)
      #expect([0, 3].contains(result.status), "\(result.messages)")
      // A block of each side calibrates.
      let blocks = String(decoding: try directory.read("order"), as: UTF8.self).dropFirst(2)
      let quartets = stride(from: 0, to: blocks.count, by: 4).map { String(blocks.dropFirst($0).prefix(4)) }
      #expect(!quartets.isEmpty && Set(quartets).isSubset(of: ["ABBA", "BAAB"]), "\(quartets)")
    }

    @Test("a run in the shape of a published table has a row of the operation, by the table's name for it")
    func publishedTable() throws {
      let result = try SortieTool.run(
        ["bench", "pio-read", "--table", "vmexit", "--budget", "0.1"], limit: 60)
      try #require(result.status == 0, "\(result.messages)")
      let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
      let row = try #require(lines.first { $0.hasPrefix("inl_from_qemu") })
      #expect(row.contains { $0.isNumber })
    }

    @Test("a side may have other devices; what a machine without a PIT cannot run, only one side can")
    func otherDevices() throws {
      let split = try SortieTool.run(
        ["check", "cpuid", "pio-pit", "--against", "--irqchip split", "--budget", "1"], limit: 60)
      #expect(split.status == 4, "\(split.messages)")
      #expect(
        String(decoding: split.output, as: UTF8.self).contains("only one side can run it: --irqchip split"))
      let kick = try SortieTool.run(
        [
          "check", "console-virtio", "--against", "--kick exit --interrupt ioctl", "--budget", "1", "--json",
        ], limit: 60)
      let cycles = try Self.document(kick.output)["cycles"] as? [[String: Any]]
      #expect((cycles?.first?["rounds"] as? Int ?? 0) > 0, "\(kick.messages)")
    }

    @Test(
      "a side that dies, hangs or talks nonsense ends the check with status 4 and is named",
      arguments: [
        "exit 0", "exit 1", "read x; exit 0", "read x; exec >&-; sleep 60", "read x; echo nonsense; read y",
      ])
    func brokenSide(script: String) throws {
      let directory = try TemporaryDirectory()
      let path = try directory.write(Array("#!/bin/sh\n\(script)\n".utf8), to: "side")
      try #require(chmod(path, 0o755) == 0)
      let result = try SortieTool.run(["check", "cpuid", "--against", path, "--budget", "5"], limit: 30)
      #expect(result.status == 4)
      #expect(result.messages.contains(path))
    }

    @Test("what only one side can run is not comparable, and no pass")
    func oneSided() throws {
      let directory = try TemporaryDirectory()
      let reply =
        #"{"durations":[],"operations":0,"outcome":"unsupported: no","version":1,"workload":"cpuid"}"#
      let script = "#!/bin/sh\nwhile read x; do echo '\(reply)'; done\n"
      let path = try directory.write(Array(script.utf8), to: "side")
      try #require(chmod(path, 0o755) == 0)
      let result = try SortieTool.run(["check", "cpuid", "--against", path, "--budget", "5"], limit: 30)
      #expect(result.status == 4)
      #expect(String(decoding: result.output, as: UTF8.self).contains("only one side"))
    }

    @Test("a bench of named operations says what the stamps cost, and is no bench of the null loop")
    func stampsBeside() throws {
      let result = try SortieTool.run(["bench", "pio-write", "--budget", "1", "--json"], limit: 120)
      try #require(result.status == 0, "\(result.messages)")
      let document = try #require(
        JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
      let session = try #require((document["sessions"] as? [[String: Any]])?.first)
      let names = (session["operations"] as? [[String: Any]])?.map { $0["name"] as? String }
      #expect(names == ["pio-write"])
      let stamps = try #require(session["stamps"] as? [String: Any])
      #expect((stamps["p50"] as? Int ?? 0) > 0)
      #expect((session["conditions"] as? [String: String])?["steal"] != nil)
    }

    @Test(
      "the document of a check, judged again, is the same document; with another tolerance the verdict changes"
    )
    func replay() throws {
      let directory = try TemporaryDirectory()
      let check = try SortieTool.run(
        [
          "check", "pio-write", "--against", "--inject-delay 20000", "--budget", "30", "--seed", "7",
          "--json",
        ], limit: 120)
      #expect(check.status == 1)
      let path = try directory.write(check.output, to: "check.json")
      let again = try SortieTool.run(["check", "--replay", path, "--json"])
      #expect(again.status == 1 && again.output == check.output)
      let tolerant = try SortieTool.run(["check", "--replay", path, "--tolerance", "900%"])
      #expect(tolerant.status == 0)
    }

    @Test("a signal ends a bench with status 130")
    func interruption() throws {
      let directory = try TemporaryDirectory()
      let bench = try SortieTool.start(["bench", "--exits-only", "--traces", directory.file("traces")])
      usleep(700_000)
      bench.send(SIGTERM)
      #expect(try bench.wait(limit: 20).status == 130)
    }
  }
}
