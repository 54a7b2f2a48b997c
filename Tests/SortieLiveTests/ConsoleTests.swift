import Glibc
import Testing

extension LiveTests {
  /// The serial line of a guest that sends back what it gets: on a terminal, at a socket, in a file.
  @Suite struct ConsoleTests {
    private let directory: TemporaryDirectory
    private let kernel: String

    init() throws {
      directory = try TemporaryDirectory()
      kernel = try directory.write(PCKernel.multiboot(PCKernel.echo), to: "echo")
    }

    private func arguments(_ console: String) -> [String] {
      [
        "record", "--kernel", kernel, "--memory", "16", "--no-kernel", "--timeout", "60", "--console",
        console,
        "-o", directory.file("run.sortie"),
      ]
    }

    private func terminal() throws -> PseudoTerminal {
      let terminal = try PseudoTerminal(try #require(SortieTool.path), arguments("tty"))
      try #require(terminal.shows("Ctrl-A x ends the guest"), "\(terminal.shown)")
      return terminal
    }

    @Test func whatIsTypedReachesTheGuestAndItsAnswerTheTerminal() throws {
      let terminal = try terminal()
      terminal.type("hello")
      #expect(terminal.shows("hello"), "\(terminal.shown)")
      #expect(terminal.isRaw)
      // Ctrl-C is the guest's.
      terminal.type("\u{3}")
      #expect(terminal.shows("\u{3}"), "\(terminal.shown)")
      terminal.type("q")
      #expect(terminal.status() == 33, "\(terminal.shown)")
      #expect(!terminal.isRaw)
    }

    @Test func controlAAndXEndTheGuestAndTheTerminalIsAsBefore() throws {
      let terminal = try terminal()
      #expect(terminal.isRaw)
      // The two keys come apart, as a person types them.
      terminal.type("\u{1}")
      usleep(200_000)
      terminal.type("x")
      #expect(terminal.status() == 130, "\(terminal.shown)")
      #expect(!terminal.isRaw)
      #expect(terminal.shows("ended at the console"), "\(terminal.shown)")
      let trace = Recording(
        directory, path: directory.file("run.sortie"),
        try SortieTool.run(["info", directory.file("run.sortie")]))
      #expect(trace.result.status == 0, "the trace is whole")
      #expect(try trace.report().vms.first?["outcome"] == "interrupted: ended at the console")
    }

    @Test func controlAAndPPressThePowerButton() throws {
      let terminal = try terminal()
      terminal.type("a")
      #expect(terminal.shows("a"), "the guest listens by now")
      terminal.type("\u{1}p")
      #expect(terminal.shows("P"), "\(terminal.shown)")
    }

    @Test func controlATwiceIsOneForTheGuestAndAnyOtherKeyExplains() throws {
      let terminal = try terminal()
      terminal.type("<\u{1}\u{1}>")
      #expect(terminal.shows("<\u{1}>"), "\(terminal.shown)")
      terminal.type("\u{1}h")
      #expect(terminal.shows("Ctrl-A x ends the guest"), "\(terminal.shown)")
    }

    @Test(arguments: [SIGTERM, SIGHUP]) func aSignalLeavesTheTerminalAsItWas(signal: Int32) throws {
      let terminal = try terminal()
      #expect(terminal.isRaw)
      terminal.send(signal)
      #expect(terminal.status() == 130, "\(terminal.shown)")
      #expect(!terminal.isRaw)
    }

    @Test func oneAtATimeTalksAtASocketWhichGoesWithTheProgram() throws {
      let path = directory.file("console")
      let recorder = try SortieTool.start(arguments("unix:" + path))
      for word in ["first", "second"] {
        let client = try connect(path)
        defer { close(client) }
        #expect(talk(client, word) == word)
      }
      let client = try connect(path)
      defer { close(client) }
      #expect(talk(client, "q") == "q")
      let result = try recorder.wait(limit: 20)
      #expect(result.status == 33, "\(result.messages)")
      #expect(access(path, F_OK) != 0, "the socket is gone")
    }

    @Test func aFileHoldsWhatTheGuestSaid() throws {
      let said = directory.file("said")
      let recording = try PCRecording(PCKernel.multiboot(PCKernel.says), ["--console", said])
      #expect(recording.result.status == 33, "\(recording.result.messages)")
      #expect(try directory.read("said") == Array("ok".utf8))
    }

    private func connect(_ path: String) throws -> Int32 {
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
      let deadline = Subprocess.now() + 20
      while Subprocess.now() < deadline {
        let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let result = withUnsafePointer(to: &address) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            Glibc.connect(client, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
          }
        }
        if result == 0 { return client }
        close(client)
        usleep(20_000)
      }
      throw Subprocess.Failure(description: "nobody listens at \(path)")
    }

    /// Sends `text` and returns as much of an answer; what has come if that takes more than 20 s.
    private func talk(_ client: Int32, _ text: String) -> String {
      let sent = Array(text.utf8)
      _ = write(client, sent, sent.count)
      var answer: [UInt8] = []
      let deadline = Subprocess.now() + 20
      while answer.count < sent.count, Subprocess.now() < deadline {
        var bytes = [UInt8](repeating: 0, count: 64)
        var poll = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, 1000) > 0 else { continue }
        let count = read(client, &bytes, bytes.count)
        guard count > 0 else { break }
        answer += bytes[..<count]
      }
      return String(decoding: answer, as: UTF8.self)
    }
  }
}
