import Foundation
import Glibc
import SortieTrace
import Testing

extension LiveTests {
  /// `sortie top` on VMs that another process runs: sortie's own, whose stamps are known.
  @Suite(
    .enabled(if: PrivateTracing.obstacle == nil, "needs a tracing instance: \(PrivateTracing.obstacle ?? "")")
  )
  struct TopTests {
    private struct Interval: Decodable {
      var seconds: Double
      var fromTsc: UInt64
      var untilTsc: UInt64
      var eventsLostInAll: UInt64
      var eventCostCycles: UInt64?
      var lightUnknownBecause: String?
      var vms: [VM]
    }

    private struct VM: Decodable {
      var pid: Int32
      var hasEnded: Bool
      var figures: Figures
    }

    private struct Figures: Decodable {
      var exits: UInt64?
      var light: UInt64?
      var heavy: UInt64
      var kicks: UInt64
      var wallCycles: UInt64
      var sites: [Site]
    }

    private struct Site: Decodable {
      var site: String
      var `class`: String
      var count: UInt64
      var p50Cycles: UInt64?
    }

    private func intervals(_ result: Subprocess.Result) throws -> [Interval] {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try result.output.split(separator: UInt8(ascii: "\n")).map {
        try decoder.decode(Interval.self, from: Data($0))
      }
    }

    @Test func intervalsAddUpToWhatTheMachineMonitorStamped() throws {
      let vm = try ObservedVM()
      let result = try SortieTool.run([
        "top", "\(vm.pid)", "--interval", "400ms", "--count", "4", "--json",
      ])
      #expect(result.status == 0, "\(result.messages)")
      _ = try vm.end()
      let intervals = try intervals(result)
      try #require(intervals.count == 4)
      #expect(zip(intervals, intervals.dropFirst()).allSatisfy { $0.untilTsc == $1.fromTsc })
      #expect(intervals.allSatisfy { $0.eventsLostInAll == 0 && $0.vms.map(\.pid) == [vm.pid] })
      let seen = intervals.reduce(UInt64(0)) { $0 + $1.vms[0].figures.heavy + $1.vms[0].figures.kicks }
      let bounds = intervals[0].fromTsc..<intervals[3].untilTsc
      let own = try vm.returns().count { bounds.contains($0.u0) }
      // The recorder may be late on a busy machine, and drop a few.
      #expect(own > 1000 && abs(Int(seen) - own) <= 2 + own / 1000, "\(seen) of \(own)")
      let site = try #require(intervals[1].vms[0].figures.sites.first)
      #expect(site.site == "pio write 0xe0/4" && site.class == "heavy" && site.p50Cycles != nil)
    }

    @Test func linesHoldWhatTheIntervalsHold() throws {
      let vm = try ObservedVM()
      let result = try SortieTool.run(["top", "\(vm.pid)", "--interval", "300ms", "--duration", "1s"])
      #expect(result.status == 0, "\(result.messages)")
      let text = String(decoding: result.output, as: UTF8.self)
      #expect(!text.contains("\u{1b}"))
      let counts = text.matches(of: #/\(process (\d+)\): .*light ([a-z0-9,]+), heavy ([0-9,]+), kicks/#)
      #expect((3...5).contains(counts.count), "\(text)")
      #expect(counts.allSatisfy { $0.1 == "\(vm.pid)" && Int($0.3.filter(\.isNumber)) ?? 0 > 50 })
      #expect(text.contains("none lost") && text.contains("cycles") && text.contains("pio write 0xe0/4"))
      if text.contains("emulates guest code") { #expect(counts.allSatisfy { $0.2 == "unknown" }) }
    }

    private func terminal(_ arguments: [String]) throws -> PseudoTerminal {
      try PseudoTerminal("env", ["TERM=xterm", try #require(SortieTool.path), "top"] + arguments)
    }

    private static let restored = "\u{1b}[?25h\u{1b}[?1049l"

    @Test func keysWorkAndTheTerminalIsAsBefore() throws {
      let vm = try ObservedVM()
      let terminal = try terminal(["\(vm.pid)", "--interval", "300ms"])
      #expect(terminal.shows("\u{1b}[?1049h\u{1b}[?25l"))
      #expect(terminal.shows("pio write 0xe0/4"))
      #expect(terminal.isRaw)
      terminal.type("s")
      #expect(terminal.shows("by rate"))
      terminal.type("r")
      #expect(terminal.shows("KVM_EXIT_IO"))
      terminal.type(" ")
      #expect(terminal.shows("PAUSED"))
      terminal.type("/nothing\r")
      #expect(terminal.shows("/nothing/") && terminal.shows("no exits that the filter lets through"))
      terminal.type("\u{1b}")
      terminal.type("u")
      #expect(terminal.shows("> vCPU 0"))
      terminal.type("h")
      #expect(terminal.shows("pause, go on"))
      terminal.type("xq")
      #expect(terminal.status() == 0)
      #expect(terminal.shows(Self.restored, limit: 1) && !terminal.isRaw)
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
    func aSignalLeavesTheTerminalAsBefore(signal: Int32) throws {
      let vm = try ObservedVM()
      let terminal = try terminal(["\(vm.pid)", "--interval", "300ms"])
      #expect(terminal.shows("pio write 0xe0/4") && terminal.isRaw)
      terminal.send(signal)
      #expect(terminal.status() == 0)
      #expect(terminal.shows(Self.restored, limit: 1) && !terminal.isRaw)
      #expect(kill(vm.pid, 0) == 0)
    }

    @Test func controlCQuits() throws {
      let vm = try ObservedVM()
      let terminal = try terminal(["\(vm.pid)", "--interval", "300ms"])
      #expect(terminal.shows("pio write 0xe0/4"))
      terminal.type("\u{3}")
      #expect(terminal.status() == 0 && !terminal.isRaw)
    }

    @Test func aNewSizeIsDrawnAnew() throws {
      let vm = try ObservedVM()
      let terminal = try terminal(["\(vm.pid)", "--interval", "300ms"])
      #expect(terminal.shows("off-CPU %"))
      terminal.resize(columns: 40, lines: 10)
      #expect(terminal.shows("\u{1b}[2J"))
      #expect(terminal.shows("pio write"))
      terminal.type("q")
      #expect(terminal.status() == 0)
    }

    @Test func theEndOfTheVMEndsIt() throws {
      let vm = try ObservedVM()
      let terminal = try terminal(["\(vm.pid)", "--interval", "300ms"])
      #expect(terminal.shows("pio write 0xe0/4"))
      _ = try vm.end()
      #expect(terminal.status() == 0)
      #expect(terminal.shows(Self.restored, limit: 1) && !terminal.isRaw)
    }

    @Test func aVMThatComesAndGoesIsFollowed() throws {
      let top = try SortieTool.start(["top", "--all", "--interval", "500ms", "--json"])
      usleep(1_500_000)
      let vm = try ObservedVM()
      usleep(3_000_000)
      _ = try vm.end()
      usleep(2_500_000)
      top.send(SIGINT)
      let result = try top.wait(limit: 30)
      #expect(result.status == 0, "\(result.messages)")
      let seen = try intervals(result).map { interval in interval.vms.first { $0.pid == vm.pid } }
      #expect(seen.contains { ($0?.figures.heavy ?? 0) > 100 }, "\(result.messages)")
      #expect(seen.contains { $0?.hasEnded == true }, "\(result.messages)")
      #expect(try #require(seen.last) == nil, "it is gone after that")
    }

    private static let canUnshare: Bool = {
      let test = try? Subprocess("unshare", ["--pid", "--fork", "--mount-proc", "true"]).wait(limit: 10)
      return test?.status == 0
    }()

    @Test(.enabled(if: canUnshare, "this user may not make a namespace of processes"))
    func withoutAnyVMAnIntervalIsAsLongAsItTook() throws {
      // Of other PID namespaces' processes nothing is seen.
      let result = try Subprocess(
        "unshare",
        [
          "--pid", "--fork", "--mount-proc", try #require(SortieTool.path), "top", "--all", "--interval",
          "300ms",
          "--count", "2", "--json",
        ]
      ).wait(limit: 30)
      try #require(result.status == 0, "\(result.messages)")
      let intervals = try intervals(result)
      #expect(intervals.count == 2)
      for interval in intervals {
        #expect(interval.vms.isEmpty && interval.seconds > 0.2 && interval.untilTsc > interval.fromTsc)
      }
    }

    @Test func whatAKilledOneLeavesTheNextOneRemoves() throws {
      let vm = try ObservedVM()
      let tracefs = try MountedTracefs()
      let terminal = try terminal(["\(vm.pid)", "--interval", "300ms"])
      #expect(terminal.shows("pio write 0xe0/4"))
      let left = try tracefs.instances()
      terminal.send(SIGKILL)
      #expect(terminal.status() == nil)
      #expect(try SortieTool.run(["top", "\(vm.pid)", "--count", "1", "--interval", "100ms"]).status == 0)
      let now = Set(try tracefs.instances())
      #expect(left.contains { !now.contains($0) }, "\(left), \(now)")
      #expect(kill(vm.pid, 0) == 0)
    }

    @Test func whatCannotBeShownIsRefusedInASentence() throws {
      expectRefusal(try SortieTool.run(["top", "4194305"]), naming: "there is no process 4194305")
      expectRefusal(try SortieTool.run(["top", "\(getpid())"]), naming: "has no VM of KVM's")
      expectRefusal(
        try SortieTool.run(["top", "--name", "no-such-vm"]), naming: "no VM is called no-such-vm")
      #expect(try SortieTool.run(["top"]).status == 2)
      #expect(try SortieTool.run(["top", "1", "--all"]).status == 2)
      let tooShort = try SortieTool.run(["top", "1", "--interval", "1ms"])
      #expect(tooShort.status == 2 && tooShort.messages.contains("--interval 1ms: 100ms to 1h are possible"))
      let help = String(decoding: try SortieTool.run(["top", "--help"]).output, as: UTF8.self)
      #expect(help.contains("(default: 1s)"))
      #expect(try SortieTool.run(["top", "1", "--count", "0"]).status == 2)
    }
  }
}
