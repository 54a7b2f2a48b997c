import ELFFixtures
import Glibc
import Testing

extension LiveTests {
  /// Guests and options that `record` refuses, each with a sentence.
  @Suite struct BadGuestTests {
    @Test(arguments: ["no-such-guest", "/no/such/guest.elf"])
    func aMissingGuestIsNamed(guest: String) throws {
      let recording = try Recording(guest)
      expectRefusal(recording.result, naming: guest)
    }

    @Test func aDirectoryIsNoGuest() throws {
      let directory = try TemporaryDirectory()
      expectRefusal(try Recording(directory.path).result, naming: directory.path)
    }

    @Test(arguments: [0, 3, 40, 63, 100, 400])
    func aGuestThatIsCutOffIsRefused(length: Int) throws {
      let directory = try TemporaryDirectory()
      let image = try TemporaryDirectory.contents(SortieTool.image("pio-write"))
      let guest = try directory.write(Array(image.prefix(length)), to: "cut.elf")
      expectRefusal(try Recording(guest).result, naming: guest)
    }

    static let wrong: [(String, ELFBuilder)] = [
      ("32-bit", ELFBuilder(elfClass: 1)),
      ("another machine", ELFBuilder(machine: 183)),
      ("no ELF", ELFBuilder(magic: [0x23, 0x21, 0x2f, 0x62])),
      ("below 1 MiB", ELFBuilder(entry: 0x1000, segments: [.init(address: 0x1000, data: [0xf4])])),
      (
        "outside memory",
        ELFBuilder(entry: 0xc000_0000, segments: [.init(address: 0xc000_0000, data: [0xf4])])
      ),
      (
        "absurd size",
        ELFBuilder(segments: [.init(address: 0x100000, data: [0xf4], memoryBytes: 1 << 60)])
      ),
      (
        "wrapping around",
        ELFBuilder(segments: [.init(address: .max - 0xfff, data: [0xf4], memoryBytes: 0x2000)])
      ),
      (
        "overlapping",
        ELFBuilder(segments: [
          .init(address: 0x100000, data: [0xf4], memoryBytes: 0x2000), .init(address: 0x101000, data: [0xf4]),
        ])
      ),
      ("beyond the file", ELFBuilder(segments: [.init(offset: 1 << 40, address: 0x100000, data: [0xf4])])),
    ]

    @Test(arguments: wrong.map(\.0))
    func aGuestThatCannotBeLoadedIsRefused(what: String) throws {
      let builder = try #require(Self.wrong.first { $0.0 == what }?.1)
      let directory = try TemporaryDirectory()
      let guest = try directory.write(builder.bytes, to: "wrong.elf")
      expectRefusal(try Recording(guest).result, naming: guest)
    }

    @Test(arguments: [
      ["--iterations", "0"], ["--iterations", "-1"], ["--timeout", "0"], ["--vcpus", "0"], ["--vcpus", "17"],
      ["--memory", "1"], ["--memory", "99999"], ["--nonsense", "1"], ["--pin", "4294967296"],
      ["--pin", "1023"], ["--parameter", "1", "--parameter", "2"],
    ])
    func anOptionThatIsWrongIsNamedAndEndsWithStatus2(option: [String]) throws {
      let directory = try TemporaryDirectory()
      let path = directory.file("run.sortie")
      let result = try SortieTool.run(["record", "pio-write"] + option + ["-o", path])
      #expect(result.status == 2)
      #expect(result.messages.contains(option[0]), "\(result.messages)")
      #expect(throws: (any Error).self, "no trace is begun") { try directory.read("run.sortie") }
    }

    @Test func aFileThatIsNoTraceIsNotOverwritten() throws {
      let directory = try TemporaryDirectory()
      let precious = try directory.write(Array("my notes".utf8), to: "notes.txt")
      let result = try SortieTool.run(["record", "pio-write", "--iterations", "10", "-o", precious])
      expectRefusal(result, naming: precious)
      #expect(try directory.read("notes.txt") == Array("my notes".utf8))
    }

    @Test func anOlderTraceSurvivesAGuestThatCannotBeLoaded() throws {
      let older = try Recording("pio-write", iterations: 10)
      let before = try older.directory.read("run.sortie")
      let guest = try older.directory.write(ELFBuilder(elfClass: 1).bytes, to: "wrong.elf")
      let result = try SortieTool.run(["record", guest, "-o", older.path])
      expectRefusal(result, naming: guest)
      #expect(try older.directory.read("run.sortie") == before)
    }

    @Test func aFileThatAnotherRecorderWritesIsLeftToIt() throws {
      let directory = try TemporaryDirectory()
      let path = directory.file("run.sortie")
      let first = try SortieTool.start(["record", "pio-write", "--iterations", "1000000000000", "-o", path])
      let deadline = Subprocess.now() + 60
      while (try? directory.read("run.sortie").count) ?? 0 < 20_000 {
        try #require(Subprocess.now() < deadline, "nothing is written")
        usleep(20_000)
      }
      let second = try SortieTool.run(["record", "pio-write", "--iterations", "10", "-o", path])
      expectRefusal(second, naming: "\(path): another recorder is writing it")
      let attached = try SortieTool.run([
        "attach", "\(first.pid)", "--aggregate", "-o", path, "--duration", "100ms",
      ])
      expectRefusal(attached, naming: "another recorder is writing it")
      #expect(
        try SortieTool.run(["record", "pio-write", "--iterations", "10", "-o", "/dev/null"]).status == 0)
      first.send(SIGINT)
      #expect(try first.wait(limit: 30).status == 130)
      let info = try SortieTool.run(["info", path, "--json"])
      let text = String(decoding: info.output, as: UTF8.self)
      #expect(info.status == 0 && text.contains("\"finished\" : true"))
    }

    @Test func whatAWorkloadNeedsIsSaidBeforeItRuns() throws {
      let alone = try SortieTool.run(["record", "ipi", "--vcpus", "1"])
      #expect(alone.status == 2 && alone.messages.contains("--vcpus 1: ipi needs 2"))
      let set = try SortieTool.run(["record", "--parameter", "7"])
      #expect(set.status == 2 && set.messages.contains("name it"))
      let directory = try TemporaryDirectory()
      let wrong = try SortieTool.run([
        "record", "cr-write", "--iterations", "5", "--parameter", "7", "-o", directory.file("run.sortie"),
      ])
      #expect(wrong.status == 4 && wrong.messages.contains("parameter 0 is neither 0, 3 nor 4"))
    }

    @Test func aGuestOfOnesOwnHasAStatusOfItsOwn() throws {
      let directory = try TemporaryDirectory()
      let guest = try SortieTool.image("cr-write")
      let result = try SortieTool.run([
        "record", guest, "--iterations", "5", "--parameter", "7", "-o", directory.file("run.sortie"),
      ])
      #expect(result.status == 67, "\(result.messages)")
      #expect(result.messages.contains("the guest ended with status 67"))
      #expect(result.messages.contains("parameter 0 is neither 0, 3 nor 4"))
      let well = try SortieTool.run([
        "record", guest, "--iterations", "5", "-o", directory.file("well.sortie"),
      ])
      #expect(well.status == 0, "\(well.messages)")
    }

    @Test func aPathIsSuggestedAsAShellTakesIt() throws {
      let directory = try TemporaryDirectory()
      let path = directory.file("it's mine.sortie")
      let result = try SortieTool.run(["record", "pio-write", "--iterations", "5", "-o", path])
      #expect(result.status == 0)
      #expect(result.messages.contains("sortie report '\(directory.file("it'\\''s mine.sortie"))'"))
    }

    @Test(arguments: [
      ["bench", "pio-write", "--budget", "600", "-o"], ["bench", "pio-write", "--budget", "600", "--append"],
      ["check", "pio-write", "--budget", "600", "--against", "--memory 32", "--markdown"],
      ["check", "pio-write", "--budget", "600", "--against", "--memory 32", "--junit"],
      ["compare", "doorbell", "--budget", "600", "--markdown"],
    ])
    func whereAResultGoesIsTriedBeforeItIsMeasured(arguments: [String]) throws {
      let result = try SortieTool.run(arguments + ["/no/such/directory/x"], limit: 20)
      #expect(result.status == 2 && result.messages.contains("/no/such/directory/x"), "\(result.messages)")
    }

    @Test func aTraceThatCannotBeCreatedIsNamed() throws {
      let result = try SortieTool.run([
        "record", "pio-write", "--iterations", "10", "-o", "/no/such/directory/t.sortie",
      ])
      expectRefusal(result, naming: "/no/such/directory/t.sortie")
    }
  }
}
