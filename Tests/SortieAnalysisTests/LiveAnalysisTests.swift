import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

/// What an analysis says of VMs while they run, held against what it says of the same events in a trace.
@Suite struct LiveAnalysisTests {
  private func rows(_ sites: [SiteCost]) -> [String] {
    sites.filter { $0.cycles.count > 0 }.map {
      "\($0.site) \($0.exitClass) \($0.count) \(figures($0.cycles)) \(String(describing: $0.stages)) \(String(describing: $0.meanSwitchCycles))"
    }.sorted()
  }

  private func figures(_ cycles: CycleSummary) -> [UInt64?] {
    [cycles.count, cycles.sum, cycles.p50, cycles.p99, cycles.maximum]
  }

  private func rows(_ sites: [LiveSite]) -> [String] {
    sites.map {
      "\($0.site ?? "") \($0.exitClass) \($0.count) \(figures($0.cycles)) \(String(describing: $0.stages)) \(String(describing: $0.switches?.switching))"
    }.sorted()
  }

  @Test(arguments: 0..<UInt64(60))
  func anIntervalSaysWhatATraceOfItSays(seed: UInt64) throws {
    var random = SeededGenerator(state: seed)
    let events = LiveLife.life(&random, exits: 120)
    let cpus = LiveLife.split(events, &random)
    let last = try #require(events.last).tsc
    let expected = LiveLife.recorded(cpus)
    let live = LiveLife.observing()
    LiveLife.feed(cpus, from: 0, to: last + 1, live, &random)
    let vm = try #require(live.takeInterval(until: last).first)
    let figures = vm.figures
    #expect(figures.heavy == expected.totals.heavy && figures.kicks == expected.totals.kicks)
    #expect(figures.light == expected.totals.light && figures.exits == expected.totals.exitEvents)
    #expect(figures.wall == expected.totals.time.wall)
    #expect(figures.parts == expected.totals.parts)
    #expect(rows(figures.sites) == rows(expected.sites))
    #expect(vm.vcpus.map(\.figures.sites) == [figures.sites])
  }

  @Test(arguments: 0..<UInt64(30))
  func intervalsAddUpToTheTrace(seed: UInt64) throws {
    var random = SeededGenerator(state: seed)
    let events = LiveLife.life(&random, exits: 200)
    let cpus = LiveLife.split(events, &random)
    let last = try #require(events.last).tsc
    let expected = LiveLife.recorded(cpus)
    let live = LiveLife.observing()
    var (heavy, light, kicks, wall, accounted): (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
    var sites: [String: (UInt64, UInt64)] = [:]
    var start: UInt64 = 0
    while start <= last {
      let end = min(last + 1, start + UInt64.random(in: 500...8000, using: &random))
      LiveLife.feed(cpus, from: start, to: end, live, &random)
      let figures = try #require(live.takeInterval(until: end == last + 1 ? last : end).first).figures
      heavy += figures.heavy
      light += figures.light ?? 0
      kicks += figures.kicks
      wall += figures.wall
      accounted += figures.parts?.accounted ?? 0
      for site in figures.sites {
        let known = sites[site.site ?? "", default: (0, 0)]
        sites[site.site ?? ""] = (known.0 + site.count, known.1 + site.cycles.sum)
      }
      start = end
    }
    #expect(
      heavy == expected.totals.heavy && light == expected.totals.light && kicks == expected.totals.kicks)
    #expect(wall == expected.totals.time.wall)
    // What an interval's end took for another part than it turned out to be counts in both: seldom, and little.
    let closed = try #require(expected.totals.parts?.accounted)
    #expect(accounted >= closed && (accounted - closed) * 100 <= closed)
    for site in expected.sites where site.cycles.count > 0 {
      #expect(sites[site.site]?.0 == site.count && sites[site.site]?.1 == site.cycles.sum, "\(site.site)")
    }
  }

  @Test(arguments: 0..<UInt64(30))
  func nothingIsPairedAcrossALoss(seed: UInt64) throws {
    var random = SeededGenerator(state: seed)
    let all = LiveLife.life(&random, exits: 120)
    let last = try #require(all.last).tsc
    let middle = UInt64.random(in: last / 4...last / 2, using: &random)
    let loss = middle...middle + 3000
    let events = all.filter { !(loss.lowerBound + 1..<loss.upperBound).contains($0.tsc) }
    let expected = LiveLife.recorded([events], losses: [loss])
    let live = LiveLife.observing()
    LiveLife.feed([events], from: 0, to: loss.lowerBound, live, &random)
    live.lose(from: loss.lowerBound, to: loss.upperBound, cause: .kernelOverrun, count: 3)
    LiveLife.feed([events], from: loss.lowerBound, to: last + 1, live, &random)
    let figures = try #require(live.takeInterval(until: last).first).figures
    #expect(figures.heavy == expected.totals.heavy && figures.light == expected.totals.light)
    #expect(rows(figures.sites) == rows(expected.sites))
  }

  @Test func aLongHaltIsInTheIntervalsItLastsIn() throws {
    let live = LiveLife.observing()
    let events = [
      KernelFixture(1000, .entry), KernelFixture(1100, .exit(0x78)),
      KernelFixture(1200, .leave(to: 0, state: 1)),
    ]
    KernelFixture.hand(events, to: live)
    live.advance(to: 2000)
    let first = try #require(live.takeInterval(until: 2000).first).figures
    #expect(first.parts?.blocked == 800 && first.wall == 1000)
    live.advance(to: 5000)
    let second = try #require(live.takeInterval(until: 5000).first).figures
    #expect(second.parts?.blocked == 3000 && second.wall == 3000 && second.exits == 0)
    KernelFixture.hand([KernelFixture(5500, .arrive(from: 0)), KernelFixture(5600, .entry)], to: live)
    live.advance(to: 6000)
    let third = try #require(live.takeInterval(until: 6000).first).figures
    #expect(third.parts?.blocked == 500 && third.parts?.guest == 400 && third.light == 1)
  }

  @Test func aLongStayInTheMachineMonitorIsInTheIntervalsItLastsIn() throws {
    let live = LiveLife.observing()
    KernelFixture.hand(
      [
        KernelFixture(1000, .entry), KernelFixture(1100, .exit(0x7b, info1: 0xe0_0010)),
        KernelFixture(1200, .unload), KernelFixture(1210, .leaves(LiveLife.io)),
        KernelFixture(1300, .called(0)),
        KernelFixture(1400, .leave(to: 5, state: 1)),
      ], to: live)
    live.advance(to: 2000)
    let first = try #require(live.takeInterval(until: 2000).first).figures
    #expect(first.parts?.vmm == 100 && first.parts?.offCPU == 600 && first.heavy == 0)
    KernelFixture.hand(
      [
        KernelFixture(2500, .arrive(from: 5)), KernelFixture(2600, LiveLife.run), KernelFixture(2700, .load),
        KernelFixture(2800, .entry),
      ], to: live)
    live.advance(to: 3000)
    let second = try #require(live.takeInterval(until: 3000).first).figures
    #expect(second.parts?.vmm == 100 && second.parts?.offCPU == 500 && second.heavy == 1)
    #expect(second.parts?.guest == 200 && second.wall == 1000)
  }

  @Test func lightExitsAreUnknownWhereTheKernelReportsNone() throws {
    let live = LiveAnalysis(formats: KernelFixture.allFormats, tscKilohertz: nil, reportsExits: false)
    live.observe(thread: 1000, vm: 0, vcpu: 0)
    KernelFixture.hand(
      [
        KernelFixture(1000, .unload), KernelFixture(1010, .leaves(LiveLife.io)),
        KernelFixture(1020, .called(0)),
        KernelFixture(1050, LiveLife.run), KernelFixture(1060, .load), KernelFixture(1100, .unload),
        KernelFixture(1110, .leaves(LiveLife.io)),
      ], to: live)
    live.advance(to: 1200)
    let figures = try #require(live.takeInterval(until: 1200).first).figures
    #expect(figures.exits == nil && figures.light == nil && figures.heavy == 1)
    #expect(figures.parts?.guest == 0 && figures.parts?.kernel == 0 && (figures.parts?.undivided ?? 0) > 0)
  }

  @Test func aGuestThatTouchesEverythingDoesNotFillTheTables() throws {
    let live = LiveLife.observing()
    var (tsc, heavy): (UInt64, UInt64) = (1000, 0)
    for round in UInt64(0)..<40 {
      var events = [KernelFixture(tsc, .entry)]
      for number in UInt64(0)..<100 {
        let port = round * 100 + number
        for kind: KernelFixture.Kind in [
          .exit(0x7b, info1: port << 16 | 0x10), .unload, .leaves(LiveLife.io), .called(0), LiveLife.run,
          .load,
          .entry,
        ] {
          tsc += 10
          events.append(KernelFixture(tsc, kind))
        }
      }
      tsc += 10
      KernelFixture.hand(events, to: live)
      live.advance(to: tsc)
      let figures = try #require(live.takeInterval(until: tsc).first).figures
      heavy += figures.heavy
      #expect(figures.sites.allSatisfy { $0.site != "other sites" })
    }
    #expect(heavy == 4000)
  }

  @Test func aVMThatIsForgottenIsGone() {
    let live = LiveLife.observing()
    live.observe(thread: 1001, vm: 1, vcpu: 0)
    live.observe(thread: 1002, vm: 1, vcpu: 1)
    #expect(live.takeInterval(until: 10).map(\.vm) == [0, 1])
    live.forget(vm: 1) { $0 == 0 }
    #expect(live.takeInterval(until: 20).map { $0.vcpus.map(\.vcpu) } == [[0], [1]])
    live.forget(vm: 1)
    #expect(live.takeInterval(until: 30).map(\.vm) == [0])
  }
}
