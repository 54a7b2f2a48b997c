import SortieTrace
import Testing
import TraceFixtures

@testable import SortieAnalysis

/// Histograms and sums of VMs while they run, held against what the same events say in a trace.
@Suite struct AggregateTests {
  /// A trace of what was added up and nothing else.
  private func trace(of aggregate: Aggregate) -> MemoryTrace {
    var trace = MemoryTrace()
    trace.setHost("aggregate", "true")
    trace.rows += KernelFixture.allFormats
    trace.addVCPU()
    let rows = aggregate.rows
    trace.rows += rows.sites.shuffled() as [any TraceRow]
    trace.rows += rows.histograms.shuffled() as [any TraceRow]
    trace.rows += rows.sums.shuffled() as [any TraceRow]
    return trace
  }

  private func rows(_ sites: [SiteCost]) -> [String] {
    sites.map {
      """
      \($0.vm) \($0.reason) \($0.site) \($0.detail ?? "") \($0.exitClass) \($0.tier) \($0.interval) \($0.count) \
      \($0.cycles) \(String(describing: $0.stages)) \(String(describing: $0.meanSwitchCycles)) \
      \(String(describing: $0.meanElements)) \(String(describing: $0.rate)) \(String(describing: $0.vcpuTimeShare))
      """
    }.sorted()
  }

  /// What both kinds of traces tell.
  private func expectTheSame(_ kept: Analysis, _ expected: Analysis) {
    #expect(rows(kept.sites) == rows(expected.sites))
    #expect(kept.reasons == expected.reasons)
    #expect(kept.exits == expected.exits)
    #expect(kept.classes == expected.classes)
    #expect(kept.totals == expected.totals)
    #expect(kept.vms.map(\.lazyState) == expected.vms.map(\.lazyState))
    #expect(kept.vms.map(\.time) == expected.vms.map(\.time))
    for (one, other) in zip(kept.vcpus, expected.vcpus) {
      #expect(one.time == other.time && one.parts == other.parts && one.kernel == other.kernel)
      #expect(one.cycles == other.cycles && one.heavy == other.heavy && one.kicks == other.kicks)
    }
    #expect(kept.vcpus.count == expected.vcpus.count)
  }

  @Test(arguments: 0..<UInt64(40))
  func itSaysWhatATraceOfTheSameEventsSays(seed: UInt64) throws {
    var random = SeededGenerator(state: seed)
    let life = LiveLife.life(&random, exits: 300)
    let cpus = LiveLife.split(life, &random)
    let last = try #require(life.last).tsc
    let live = LiveLife.observing()
    var (aggregate, start): (Aggregate, UInt64) = (Aggregate(), 0)
    while start <= last {
      let end = min(last + 1, start + UInt64.random(in: 500...8000, using: &random))
      LiveLife.feed(cpus, from: start, to: end, live, &random)
      if end > last { live.addLast(to: &aggregate) } else { live.add(to: &aggregate, until: end) }
      // A file that was written in between is as good as one of that moment.
      if start == 0 { #expect(analyze(trace(of: aggregate)).totals.inversions == 0) }
      start = end
    }
    let kept = analyze(trace(of: aggregate))
    expectTheSame(kept, LiveLife.recorded(cpus))
    #expect(kept.isAggregate && kept.ledger.contains { $0.text.contains("--aggregate") })
    #expect(kept.totals.heavy > 0 && (kept.totals.light ?? 0) > 0)
  }

  @Test func whatIsReadIsWrittenAgain() throws {
    var random = SeededGenerator(state: 7)
    let life = LiveLife.life(&random, exits: 300)
    let live = LiveLife.observing()
    let last = try #require(life.last).tsc
    LiveLife.feed([life], from: 0, to: last + 1, live, &random)
    var aggregate = Aggregate()
    live.addLast(to: &aggregate)
    func text(_ rows: Aggregate.Rows) -> [String] {
      let names = Dictionary(
        uniqueKeysWithValues: rows.sites.map { ($0.site, "\(AggregateSite($0) as Any)") })
      let buckets = rows.histograms.map { row in
        "\(row.vm) \(row.vcpu as Any) \(names[row.site] ?? "?") \(row.lowest) \(row.highest) \(row.count)"
      }
      let sums = rows.sums.map { row in
        "\(row.since) \(row.until) \(row.vm) \(row.vcpu as Any) \(row.site.map { names[$0] ?? "?" } as Any)"
          + " \(row.name) \(row.number)"
      }
      return (buckets + sums).sorted()
    }
    let again = Aggregate(trace(of: aggregate)).rows
    #expect(text(again) == text(aggregate.rows) && !again.sums.isEmpty && !again.histograms.isEmpty)
  }

  @Test func percentilesOfManyDurationsAreThoseOfAll() {
    var random = SeededGenerator(state: 3)
    for count in [1, 10, 255, 256, 257, 5000] {
      var all = Distribution()
      for _ in 0..<count {
        all.record(
          UInt64.random(in: 1...(1 << 44), using: &random) >> UInt64.random(in: 0..<40, using: &random))
      }
      let read = Distribution(buckets: all.buckets, sum: all.sum, maximum: all.maximum)
      #expect(read.summary == all.summary)
      #expect(read.buckets == all.buckets)
    }
  }

  @Test func hostileSumsAndHistogramsAreReadWithoutHarm() {
    for seed in UInt64(0)..<20 {
      var random = SeededGenerator(state: seed)
      func number() -> UInt64 {
        [0, 1, 255, 1 << 20, 1 << 40, 1 << 60, .max - 1, .max].randomElement(using: &random) ?? 0
      }
      var trace = MemoryTrace()
      trace.setHost("aggregate", "true")
      for site in UInt32(0)..<20 {
        trace.rows.append(
          AggregateSiteRow(
            site: site,
            population: AggregateSiteRow.Population.allCases.randomElement(using: &random) ?? .heavy,
            isa: UInt8.random(in: 0...3, using: &random), reason: UInt32(truncatingIfNeeded: number()),
            address: number(), size: 255,
            flags: RoundTripRecord.Flags(rawValue: UInt8.random(in: 0...255, using: &random)),
            device: 7, name: "name", detail: nil))
      }
      let names =
        (VCPUSums.fields.map(\.name) + SiteSums.Numbers.fields.map(\.name) + ["cycles", "maximum", "more"])
      for name in names {
        trace.rows.append(
          SumRow(
            since: number(), until: number(), vm: UInt32.random(in: 0...2, using: &random),
            vcpu: Bool.random(using: &random) ? 0 : nil,
            site: Bool.random(using: &random) ? UInt32.random(in: 0...25, using: &random) : nil, name: name,
            number: number()))
        trace.rows.append(
          HistogramRow(
            vm: UInt32.random(in: 0...2, using: &random), vcpu: Bool.random(using: &random) ? 0 : nil,
            site: UInt32.random(in: 0...25, using: &random), lowest: number(), highest: number(),
            count: number()))
      }
      let analysis = analyze(trace)
      _ = analysis.sites.map(\.cycles.mean)
    }
  }

  @Test func aGuestThatTouchesEverythingDoesNotFillIt() throws {
    let live = LiveLife.observing()
    var aggregate = Aggregate()
    var (tsc, heavy): (UInt64, UInt64) = (1000, 0)
    for round in UInt64(0)..<70 {
      var events = [KernelFixture(tsc, .entry)]
      for number in UInt64(0)..<100 {
        heavy += 1
        for kind: KernelFixture.Kind in [
          .exit(0x7b, info1: (round * 100 + number) << 16 | 0x10), .unload, .leaves(2), .called(0),
          .call(16, 0xae80), .load, .entry,
        ] {
          tsc += 10
          events.append(KernelFixture(tsc, kind))
        }
      }
      tsc += 10
      KernelFixture.hand(events, to: live)
      live.advance(to: tsc)
      live.add(to: &aggregate, until: tsc)
    }
    live.addLast(to: &aggregate)
    let analysis = analyze(trace(of: aggregate))
    #expect(analysis.totals.heavy == heavy && analysis.sites.count <= Aggregate.siteLimit + 2)
    let others = try #require(analysis.sites.first { $0.site == "other sites" })
    #expect(analysis.totals.foldedSites == others.count && others.count > 1000)
    #expect(analysis.sites.filter { $0.exitClass == .heavy }.reduce(0) { $0 + $1.count } == heavy)
  }

  /// Merged distributions of a file whose counts are as large as they can be.
  @Test func countsThatOverflowTogetherAreReadWithoutHarm() {
    var trace = MemoryTrace()
    trace.setHost("aggregate", "true")
    for vm in UInt32(0)..<40 {
      trace.rows.append(SumRow(since: 1, until: 9, vm: vm, vcpu: 0, name: "wall", number: .max))
      for site in UInt32(0)..<40 {
        if vm == 0 {
          trace.rows.append(
            AggregateSiteRow(
              site: site, population: site == 0 ? .heavy : .roundTrips, reason: 2, address: UInt64(site)))
        }
        trace.rows.append(SumRow(since: 1, until: 9, vm: vm, site: site, name: "count", number: .max))
        for value: UInt64 in [1, 5000, 9000] {
          trace.rows.append(HistogramRow(vm: vm, site: site, lowest: value, highest: value, count: .max))
        }
      }
    }
    let analysis = analyze(trace)
    #expect(analysis.sites.count > 1000 && analysis.sites.allSatisfy { $0.cycles.p50 != nil })
    #expect(analysis.classes.heavyEpisodes.p50 == 1)
  }

  @Test func aFileOfVeryManySitesIsReadWithinBoundsAndSaysSo() {
    var trace = MemoryTrace()
    trace.setHost("aggregate", "true")
    trace.rows.append(SumRow(since: 1, until: 9, vm: 0, vcpu: 0, name: "wall", number: 8))
    for site in UInt32(0)..<6000 {
      trace.rows.append(
        AggregateSiteRow(site: site, population: .roundTrips, reason: 2, address: UInt64(site)))
      trace.rows.append(SumRow(since: 1, until: 9, vm: 0, site: site, name: "count", number: 1))
      trace.rows.append(HistogramRow(vm: 0, site: site, lowest: 1 << 40, highest: 1 << 40, count: 1))
    }
    let analysis = analyze(trace)
    #expect(analysis.sites.count == Aggregate.siteLimit + 1)
    #expect(analysis.totals.foldedSites == 6000 - UInt64(Aggregate.siteLimit))
    #expect(analysis.sites.map(\.site) == analyze(trace).sites.map(\.site))
    // What takes more room is not read, and that is said.
    trace.rows = trace.rows.map { row in
      guard var row = row as? HistogramRow else { return row }
      (row.lowest, row.highest, row.count) = (1, 1, 300)
      return row
    }
    let large = analyze(trace)
    #expect(large.sites.count == Aggregate.siteLimit)
    let unread = grouped(6000 - UInt64(Aggregate.siteLimit))
    #expect(large.ledger.contains { $0.kind == .warning && $0.text.contains("\(unread) rows of sites") })
  }

  @Test func theTimeOfAVCPUThatSleepsToTheEndIsNotLost() throws {
    let live = LiveLife.observing()
    KernelFixture.hand(
      [
        KernelFixture(1000, .entry), KernelFixture(1100, .exit(0x78)),
        KernelFixture(1200, .leave(to: 0, state: 1)),
      ], to: live)
    live.advance(to: 2000)
    var aggregate = Aggregate()
    live.add(to: &aggregate, until: 2000)
    live.advance(to: 50_000)
    live.addLast(to: &aggregate, until: 50_000)
    let analysis = analyze(trace(of: aggregate))
    #expect(analysis.totals.parts?.blocked == 48_800 && analysis.totals.time.wall == 49_000)
    #expect(analysis.totals.exitEvents == 1)
    #expect(!analysis.ledger.contains { $0.text.contains("were not observed") })
  }

  @Test func whatStandsOutOfPlaceIsToldBeforeTheEnd() throws {
    let live = LiveLife.observing()
    KernelFixture.hand(
      [
        KernelFixture(1000, .entry), KernelFixture(1100, .exit(0x78)), KernelFixture(1200, .entry),
        KernelFixture(1300, .load), KernelFixture(1400, .entry), KernelFixture(1500, .exit(0x78)),
      ], to: live)
    live.advance(to: 2000)
    var aggregate = Aggregate()
    live.add(to: &aggregate, until: 2000)
    #expect(analyze(trace(of: aggregate)).totals.misplaced > 0)
  }

  @Test func aVCPUThatAnotherThreadRunsAddsUp() throws {
    var random = SeededGenerator(state: 12)
    let life = LiveLife.life(&random, exits: 50)
    let last = try #require(life.last).tsc
    let live = LiveLife.observing()
    var aggregate = Aggregate()
    LiveLife.feed([life], from: 0, to: last + 1, live, &random)
    live.add(to: &aggregate, until: last)
    let once = analyze(trace(of: aggregate)).totals
    live.addLast(to: &aggregate, vm: 0, vcpus: [0, 7])
    live.observe(thread: 1001, vm: 0, vcpu: 0)
    let other = life.map { KernelFixture($0.tsc + 2 * last, $0.kind, thread: 1001) }
    LiveLife.feed([other], from: 2 * last, to: 4 * last, live, &random)
    live.add(to: &aggregate, until: 4 * last)
    let twice = analyze(trace(of: aggregate))
    #expect(twice.totals.heavy == 2 * once.heavy && once.heavy > 0 && twice.totals.time.wall > once.time.wall)
    #expect(twice.sites.filter { $0.exitClass == .heavy }.reduce(0) { $0 + $1.count } == twice.totals.heavy)
    #expect(twice.ledger.contains { $0.text.contains("were not observed") })
  }

  @Test func vmsThatAreMergedAddUp() throws {
    var random = SeededGenerator(state: 13)
    let life = LiveLife.life(&random, exits: 50)
    let last = try #require(life.last).tsc
    let live = LiveLife.observing()
    live.observe(thread: 1001, vm: 1, vcpu: 0)
    live.observe(thread: 1002, vm: 1, vcpu: 1)
    var aggregate = Aggregate()
    for thread in UInt32(1000)...1002 {
      let own = life.map { KernelFixture($0.tsc, $0.kind, thread: thread) }
      KernelFixture.hand(own, to: live)
    }
    live.advance(to: last + 1)
    live.addLast(to: &aggregate)
    let apart = analyze(trace(of: aggregate))
    #expect(Set(apart.sites.map(\.vm)) == [0, 1])
    aggregate.merge(vm: 1, into: 0)
    let merged = analyze(trace(of: aggregate))
    #expect(Set(merged.sites.map(\.vm)) == [0] && merged.vcpus.map(\.vcpu) == [0, 1])
    #expect(merged.totals.heavy == apart.totals.heavy && merged.totals.light == apart.totals.light)
    #expect(merged.totals.parts == apart.totals.parts && merged.totals.time == apart.totals.time)
    #expect(merged.classes == apart.classes)
    // Both ran at once: what they did in a second adds up.
    func rate(_ analysis: Analysis) -> Double {
      analysis.sites.filter { $0.site == "hlt" }.reduce(0) { $0 + ($1.rate ?? 0) }
    }
    #expect(abs(rate(merged) - rate(apart)) < rate(apart) / 100 && rate(apart) > 0)
  }

  @Test func aVCPUThatIsObservedAgainAddsUp() throws {
    var random = SeededGenerator(state: 11)
    let life = LiveLife.life(&random, exits: 50)
    let live = LiveLife.observing()
    var aggregate = Aggregate()
    let last = try #require(life.last).tsc
    LiveLife.feed([life], from: 0, to: last + 1, live, &random)
    live.addLast(to: &aggregate, vm: 0)
    let once = analyze(trace(of: aggregate)).totals
    live.forget(vm: 0)
    live.observe(thread: 1000, vm: 0, vcpu: 0)
    LiveLife.feed(
      [life.map { KernelFixture($0.tsc + 2 * last, $0.kind) }], from: 2 * last, to: 4 * last, live, &random)
    live.addLast(to: &aggregate)
    let twice = analyze(trace(of: aggregate)).totals
    #expect(twice.heavy == 2 * once.heavy && twice.time.wall == 2 * once.time.wall && once.heavy > 0)
    #expect(twice.parts?.accounted == once.parts.map { 2 * $0.accounted })
  }
}
