import SortieReport
import Testing
import TraceFixtures

@testable import SortieAnalysis

/// What `sortie top` draws, from a snapshot and a size.
@Suite struct TopScreenTests {
  /// A VM of two vCPUs with a heavy and a light site.
  static func vm(_ number: UInt32 = 0, name: String = "web1", exits: UInt64? = 20_100) -> TopVM {
    var figures = LiveFigures()
    figures.wall = 2_000_000_000
    figures.exits = exits
    figures.light = exits.map { $0 - 100 }
    figures.heavy = 100
    figures.kicks = 3
    figures.events = 120_000
    var parts = TimeParts()
    parts.guest = 1_000_000_000
    parts.vmm = 200_000_000
    parts.blocked = 800_000_000
    figures.parts = parts
    let cycles = CycleSummary(
      count: 100, sum: 200_000_000, p50: 1500, p90: 2000, p99: 9000, p999: nil, maximum: 9500)
    figures.sites = [
      LiveSite(
        reason: "KVM_EXIT_IO", site: "pio write 0x3f8/1", exitClass: .heavy, interval: .vmm, count: 100,
        cycles: cycles, share: 0.1,
        switches: LiveSite.Switches(switching: 800, vmm: 1400)),
      LiveSite(
        reason: "SVM_EXIT_MSR", site: "msr write IA32_TSC_DEADLINE", exitClass: .light,
        interval: .exitToEntry,
        count: 20_000, cycles: CycleSummary(count: 20_000, sum: 20_000_000, p50: 900), share: 0.01),
    ]
    figures.reasons = figures.sites.map {
      LiveSite(
        reason: $0.reason, site: nil, exitClass: $0.exitClass, interval: $0.interval, count: $0.count,
        cycles: $0.cycles, share: $0.share)
    }
    return TopVM(
      name: name, pid: 4711,
      live: LiveVM(
        vm: number, figures: figures,
        vcpus: [LiveVCPU(vcpu: 0, figures: figures), LiveVCPU(vcpu: 1, figures: LiveFigures())]))
  }

  private func snapshot(_ vms: [TopVM], absence: String? = nil, message: String? = nil) -> TopSnapshot {
    TopSnapshot(
      vms: vms, from: 0, until: 1_000_000_000, time: 12, seconds: 1, tscKilohertz: 1_000_000, eventCost: 900,
      lost: 2, lostInAll: 5, lightAbsence: absence, ownShare: 0.013, message: message)
  }

  /// Text without what sets colours.
  private func plain(_ line: String) -> String {
    line.replacing(#/\u{1b}\[[0-9]*m/#, with: "")
  }

  @Test func theHeadSaysWhatTheProbesCostAndWhatWasLost() {
    let lines = TopScreen.lines(snapshot([Self.vm()]), TopView(), width: 200, height: 40, colour: false)
    #expect(lines[0].hasPrefix("sortie top  12 s  1 VM  by time"))
    #expect(
      lines[1]
        == "probes: 900 cycles (900 ns) an event, 6.0 events an exit, 5.4 % of the vCPUs' time; 2 lost now, 5 in all; sortie 1.3 % CPU"
    )
  }

  @Test func sitesStandDearestFirstWithTheirFigures() throws {
    let lines = TopScreen.lines(snapshot([Self.vm()]), TopView(), width: 120, height: 40, colour: false)
    let title = try #require(lines.firstIndex { $0.hasPrefix("site ") })
    #expect(
      lines[title].split(separator: " ").joined(separator: " ")
        == "site class exits/s time % p50 p99 switch kernel VMM")
    #expect(
      lines[title + 1].split(separator: " ").joined(separator: " ")
        == "pio write 0x3f8/1 heavy 100 10.00 1.50 µs 9.00 µs 800 ns - 1.40 µs")
    #expect(lines[title + 2].hasPrefix("msr write IA32_TSC_DEADLINE"))
    #expect(lines.contains { $0.hasPrefix("  vCPU 1") }, "the vCPUs of the only VM are shown")
  }

  @Test func unknownIsNeverZero() {
    let lines = TopScreen.lines(
      snapshot([Self.vm(exits: nil)], absence: "no exit is reported"), TopView(), width: 120, height: 40,
      colour: false)
    #expect(lines.contains("light exits are unknown: no exit is reported"))
    #expect(!lines.contains { $0.contains("light/s") || $0.contains("guest %") })
    #expect(lines.contains { $0.contains("in KVM %") })
  }

  @Test(arguments: [(40, 10), (20, 5), (1, 1), (80, 24), (10, 3), (300, 100), (40, 2)])
  func aScreenIsNeverLargerThanTheTerminal(width: Int, height: Int) {
    let vms = (0..<7).map { Self.vm(UInt32($0), name: $0 == 3 ? "数据库服务器一号机" : "vm\($0)") }
    var views = [TopView(), TopView()]
    views[1].showsHelp = true
    for selection in [TopView.Selection.vm(3), .vcpu(3, 1)] {
      views.append(TopView())
      views[views.count - 1].selection = selection
    }
    for view in views {
      for colour in [false, true] {
        let lines = TopScreen.lines(
          snapshot(vms, absence: "because of a long reason that goes on", message: "web1 has ended"), view,
          width: width, height: height, colour: colour)
        #expect(lines.count <= height && !lines.isEmpty)
        for line in lines { #expect(columns(plain(line)) <= width, "\(line)") }
      }
    }
  }

  /// Columns as terminals count them, for the characters of these tests.
  private func columns(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + ((0x2e80...0x9fff).contains($1.value) ? 2 : 1) }
  }

  @Test func aNarrowShortTerminalStillShowsWhatMatters() {
    let lines = TopScreen.lines(snapshot([Self.vm()]), TopView(), width: 40, height: 10, colour: false)
    #expect(lines.contains { $0.hasPrefix("VM ") && $0.contains("exits/s") })
    #expect(lines.contains { $0.contains("site") && $0.contains("time %") })
    #expect(lines.contains { $0.hasPrefix("pio write 0x") })
  }

  @Test func aNameCannotDriveTheTerminal() {
    let evil = "a\u{1b}[2J\u{9b}31m\r\n\u{202e}b"
    let ended = snapshot([Self.vm(name: evil), Self.vm(1)], message: "\(evil) has ended")
    for colour in [false, true] {
      let lines = TopScreen.lines(ended, TopView(), width: 100, height: 40, colour: colour)
      for line in lines.map(plain) {
        #expect(
          !line.unicodeScalars.contains {
            $0.value < 32 || (0x7f..<0xa0).contains($0.value) || $0.value == 0x202e
          })
      }
    }
    for line in TopLines.block(ended) {
      #expect(!line.unicodeScalars.contains { $0.value < 32 || (0x7f..<0xa0).contains($0.value) })
    }
  }

  @Test func rowsAreSortedAndFilteredAsTheViewSays() throws {
    func sites(_ change: (inout TopView) -> Void) throws -> [String] {
      var view = TopView()
      change(&view)
      let lines = TopScreen.lines(snapshot([Self.vm()]), view, width: 120, height: 40, colour: false)
      let title = try #require(lines.firstIndex { $0.hasPrefix("site ") || $0.hasPrefix("reason ") })
      return lines[(title + 1)...].map { String($0.prefix(9)) }
    }
    #expect(try sites { _ in } == ["pio write", "msr write"])
    #expect(try sites { $0.order = .rate } == ["msr write", "pio write"])
    #expect(try sites { $0.order = .name } == ["msr write", "pio write"])
    #expect(try sites { $0.order = .p50 } == ["pio write", "msr write"])
    #expect(try sites { $0.exitClass = .light } == ["msr write"])
    #expect(try sites { $0.filter = "PIO" } == ["pio write"])
    #expect(try sites { $0.filter = "exit_msr" } == ["msr write"])
    #expect(try sites { $0.isByReason = true } == ["KVM_EXIT_", "SVM_EXIT_"])
    #expect(try sites { $0.selection = .vcpu(0, 1) } == ["no exits "])
    #expect(try sites { $0.filter = "xyz" } == ["no exits "])
  }

  @Test func scrollingStopsAtTheLastRow() {
    var view = TopView()
    view.offset = 1000
    let lines = TopScreen.lines(snapshot([Self.vm()]), view, width: 120, height: 9, colour: false)
    #expect(lines.last?.hasPrefix("msr write") == true, "\(lines)")
  }

  @Test func severalVMsStandSideBySide() {
    let lines = TopScreen.lines(
      snapshot([Self.vm(), Self.vm(1, name: "db")]), TopView(), width: 140, height: 40, colour: false)
    #expect(lines.contains { $0.hasPrefix("web1 (4711)") } && lines.contains { $0.hasPrefix("db (4711)") })
    #expect(!lines.contains { $0.contains("vCPU 0") })
    #expect(lines.contains { $0.hasPrefix("pio write") && $0.contains("  db ") })
  }

  @Test func plainLinesHoldTheCounts() {
    let lines = TopLines.block(snapshot([Self.vm()]))
    #expect(lines[0].hasPrefix("12.000 s, over 1.000 s; probes: 900 cycles"))
    #expect(lines[1] == "web1 (process 4711): 20,100 exits, light 20,000, heavy 100, kicks 3")
  }

  @Test func aLineOfJSONHoldsEveryKey() throws {
    let line = String(
      decoding: try TopDocument.line(snapshot([Self.vm(exits: nil)], absence: "x")), as: UTF8.self)
    #expect(line.last == "\n" && line.count { $0 == "\n" } == 1)
    for text in [
      #""light":null"#, #""exits":null"#, #""heavy":100"#, #""light_unknown_because":"x""#,
      #""events_lost":2"#,
      #""p99_cycles":9000"#, #""stages":null"#, #""from_tsc":0"#,
    ] { #expect(line.contains(text), "\(text) in \(line)") }
  }
}
