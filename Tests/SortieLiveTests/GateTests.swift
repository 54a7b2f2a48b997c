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
      // What is looked for here is a wrong verdict, which more seconds for each run make no less wrong.
      let result = try SortieTool.run(
        ["bench", "--self-test", "--short", "--budget", "5", "--seed", "20161"], limit: 400)
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
        ["check", "--against", "", "--budget", "1e30"], ["check", "--prepare-a", "true", "cpuid"],
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
