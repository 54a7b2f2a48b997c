import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

/// A trace as one side, changed from the usual one by `change`.
private func side(_ name: String, _ change: (inout ComparedTrace) -> Void = { _ in }) -> ComparedSide {
  var trace = ComparedTrace()
  change(&trace)
  var side = ComparedSide(name)
  side.add(analyze(trace.trace))
  return side
}

@Suite struct TraceComparisonTests {
  private func row(_ comparison: TraceComparison, _ site: String) throws -> TraceComparison.Row {
    try #require(comparison.rows.first { $0.site.site == site })
  }

  @Test func theSameSiteStandsInOneRowWithItsDifferenceOfEachOperation() throws {
    let comparison = TraceComparison(
      [
        side("a"),
        side("b") {
          $0.operations = 500; $0.vmmCycles = 600
        },
      ], obstacles: [])
    let write = try row(comparison, "pio write 0xe0/4")
    #expect(write.cells.map(\.exits) == [1000, 500])
    #expect(write.cells.map(\.exitsPerOperation) == [1, 1])
    #expect(write.cells.map(\.cyclesPerExit) == [400, 600])
    #expect(write.differences[0] == nil)
    #expect(write.differences[1]?.exits == 0)
    #expect(write.differences[1]?.cycles == 200)
    #expect(comparison.interval == .vmm)
    // The debug exit is one in 1,000 operations here and one in 500 there: all that differs in exits.
    #expect(try row(comparison, "pio write 0xf4/4").differences[1]?.exitsShare == 1)
  }

  @Test func whatOnlyOneSideHasIsNoneOnTheOther() throws {
    let comparison = TraceComparison([side("a"), side("b") { $0.port = 0xec }], obstacles: [])
    let old = try row(comparison, "pio write 0xe0/4")
    #expect(old.cells.map(\.isPresent) == [true, false])
    #expect(old.cells.map(\.exits) == [1000, 0])
    #expect(old.differences[1]?.exits == -1)
    #expect(old.differences[1]?.cycles == -400)
    let new = try row(comparison, "pio write 0xec/4")
    #expect(new.cells.map(\.exits) == [0, 1000])
    #expect(new.differences[1]?.exits == 1)
    #expect(new.differences[1]?.exitsShare == 0.5)
  }

  @Test func whereEventsAreMissingWhatASideDoesNotHaveIsUnknown() throws {
    var trace = ComparedTrace()
    trace.port = 0xec
    var lossy = trace.trace
    lossy.addLoss(StreamID(rawValue: 1), 5, 6, count: 3)
    var other = ComparedSide("b")
    other.add(analyze(lossy))
    let comparison = TraceComparison([side("a"), other], obstacles: [])
    let write = try row(comparison, "pio write 0xe0/4")
    #expect(write.cells[1].exits == nil && write.cells[1].exitsPerOperation == nil)
    #expect(write.differences[1]?.exits == nil && write.differences[1]?.cycles == nil)
  }

  @Test func lightExitsAreUnknownWithoutTheKernelsEventsAndNotNone() throws {
    let light = side("a") {
      $0.isHeavy = false; $0.hasKernelEvents = true
    }
    let blind = side("b") { $0.isHeavy = false }
    let comparison = TraceComparison([light, blind], obstacles: [])
    let row = try #require(comparison.rows.first { $0.site.exitClass == .light })
    #expect(row.site.reason == "SVM_EXIT_IOIO")
    #expect(row.cells.map(\.exits) == [1000, nil])
    #expect(row.differences[1]?.exits == nil)
    #expect(blind.figures(of: nil)?.light == nil)
    #expect(comparison.interval == .vmm, "what one side cannot tell is not compared")
    #expect(row.cells[0].cyclesPerExit == nil)
  }

  @Test func withTheKernelsEventsCyclesAreFromTheExitToTheEntryInStages() throws {
    let comparison = TraceComparison(
      [
        side("a") { $0.hasKernelEvents = true },
        side("b") {
          $0.hasKernelEvents = true; $0.isHeavy = false
        },
      ],
      obstacles: [])
    #expect(comparison.interval == .exitToEntry)
    let heavy = try row(comparison, "pio write 0xe0/4")
    // 300 on the switch, 200 in the kernel, 400 in the VMM.
    #expect(heavy.cells[0].cyclesPerExit == 900)
    #expect(heavy.cells[0].stages?.exitPath == 300 && heavy.cells[0].stages?.entryPath == 200)
    #expect(heavy.differences[1]?.cycles == -900)
    let light = try #require(comparison.rows.first { $0.site.exitClass == .light })
    #expect(light.cells[1].cyclesPerExit == 700)
    #expect(light.differences[1]?.cycles == 700)
    #expect(light.differences[1]?.cyclesShare == 700.0 / 1600)
    #expect(comparison.sides[0].figures(of: nil)?.guest?.stages?.whole == 1400)
    #expect(comparison.sides.map { $0.figures(of: nil)?.lightInsidePerOperation } == [0, 1])
    #expect(comparison.sides.map { $0.figures(of: nil)?.roundTripsPerOperation } == [1, 0])
  }

  @Test func whereTheGuestStampsSeveralOperationsAtOnceTheirStagesAreSharedOut() throws {
    let run = try #require(
      side("a") {
        $0.hasKernelEvents = true
        $0.attributes["io_operations"] = "8000"
      }.figures(of: nil))
    #expect(run.guestCyclesPerOperation == 175 && run.meanGuestCyclesPerOperation == 175)
    let stages = try #require(run.stagesPerOperation)
    #expect(stages.exitPath == 37.5 && stages.switching == 37.5 && stages.kernel == 25 && stages.vmm == 50)
    #expect(stages.entryPath == 25 && stages.whole == 175 && stages.count == 1000)
  }

  @Test(arguments: [true, false])
  func onlyExitsBetweenTheGuestsStampsAreOfItsOperations(isHeavy: Bool) throws {
    var trace = ComparedTrace()
    (trace.isHeavy, trace.hasKernelEvents) = (isHeavy, true)
    func side(_ scope: SiteScope) -> ComparedSide {
      var side = ComparedSide(scope.rawValue)
      side.add(analyze(trace.trace, sites: scope))
      return side
    }
    let (whole, inside) = (side(.wholeRuns), side(.guestSpans))
    #expect(inside.figures(of: nil) == whole.figures(of: nil), "only sites are in scope or not")
    let comparison = TraceComparison([inside, inside], obstacles: [])
    #expect(comparison.siteScope == .guestSpans)
    let row = try #require(comparison.rows.first)
    #expect(comparison.rows.count == 1, "the debug exit belongs to no operation")
    #expect(row.site.exitClass == (isHeavy ? .heavy : .light))
    #expect(row.cells[0].exits == 1000 && row.cells[0].cyclesPerExit == (isHeavy ? 900 : 700))
    #expect(row.cells[0].stages != nil)
    let mixed = TraceComparison([inside, whole], obstacles: [])
    #expect(mixed.siteScope == .wholeRuns)
    #expect(mixed.rows.contains { $0.site.site == "pio write 0xf4/4" })
  }

  @Test func withoutGuestStampsOnTheHostsClockWholeRunsAreCompared() {
    var trace = MemoryTrace()
    trace.add([entry(100), trip(200, 300), trip(500, 0, port: 0xf4)])
    trace.add([span(150, 350)])
    let found = analyze(trace, sites: .guestSpans)
    #expect(found.siteScope == .wholeRuns, "no offset of the guest's clock is known")
    #expect(found.sites.filter { $0.tier == .vmm }.reduce(0) { $0 + $1.count } == 2)
    trace.setOffset(0)
    #expect(analyze(trace, sites: .guestSpans).siteScope == .guestSpans)
  }

  @Test func anObstacleLeavesOutDifferencesInCyclesAndKeepsThoseInExits() throws {
    let comparison = TraceComparison(
      [side("a"), side("b") { $0.port = 0xec }], obstacles: ["another kernel"])
    let row = try row(comparison, "pio write 0xe0/4")
    #expect(row.differences[1]?.exits == -1)
    #expect(row.differences[1]?.cycles == nil && row.differences[1]?.cyclesShare == nil)
    #expect(row.cells[0].cyclesPerOperation == 400)
  }

  @Test func operationsAreThoseOfTheIOPlanElseTheIterationsOfACompletedRunElseUnknown() {
    #expect(side("a") { $0.attributes["io_operations"] = "77" }.figures(of: nil)?.operations == 77)
    #expect(side("a").figures(of: nil)?.operations == 1000)
    for stopped in ["timeout", "failed: block 3 is not what was written"] {
      let run = side("a") { $0.attributes = ["outcome": stopped, "io_operations": "77"] }.figures(of: nil)
      #expect(run != nil && run?.operations == nil)
    }
    #expect(side("a") { $0.attributes["iterations"] = "0" }.figures(of: nil)?.operations == nil)
    var given = ComparedSide("a")
    given.add(analyze(ComparedTrace().trace), operations: 10)
    #expect(given.figures(of: nil)?.heavyPerOperation == 100.1)
  }

  @Test func withoutANumberOfOperationsWholeTracesAreCompared() throws {
    let comparison = TraceComparison(
      [
        side("a"),
        side("b") {
          $0.operations = 400; $0.attributes["outcome"] = "timeout"
        },
      ], obstacles: [])
    let row = try row(comparison, "pio write 0xe0/4")
    #expect(!comparison.isPerOperation(nil))
    #expect(row.cells.map(\.exitsPerOperation) == [1, nil])
    #expect(row.differences[1]?.exits == -600)
  }

  @Test func ofTracesWithSeveralWorkloadsEachIsComparedWithItsNamesake() throws {
    let comparison = TraceComparison(
      [
        side("a") { $0.vms = 2 },
        side("b") {
          $0.vms = 2; $0.vmmCycles = 500
        },
      ], obstacles: [])
    #expect(comparison.workloads == ["pio-write", "pio-write-1"])
    let rows = comparison.rows.filter { $0.site.site == "pio write 0xe0/4" }
    #expect(rows.count == 2)
    #expect(rows.allSatisfy { $0.differences[1]?.cycles == 100 })
    // Against a trace of one workload they are one.
    let single = TraceComparison([side("a") { $0.vms = 2 }, side("b")], obstacles: [])
    #expect(single.workloads == [nil])
    #expect(try row(single, "pio write 0xe0/4").cells.map(\.exits) == [2000, 1000])
  }

  @Test func severalRunsOfOneSideAddUp() throws {
    var twice = side("a")
    var slower = ComparedTrace()
    slower.vmmCycles = 800
    twice.add(analyze(slower.trace))
    let run = try #require(twice.figures(of: nil))
    #expect(run.operations == 2000 && run.heavy == 2002)
    #expect(run.roundTripsPerOperation == 1, "those of starting up are not in it")
    // Medians of 1,400 and 1,800 cycles: the lower of the two.
    #expect(run.guestCyclesPerOperation == 1400)
    #expect(run.meanGuestCyclesPerOperation == 1600)
    #expect(run.guest?.composition?.meanCycles == 1600)
    let comparison = TraceComparison([twice, side("b")], obstacles: [])
    let cell = try row(comparison, "pio write 0xe0/4").cells[0]
    #expect(cell.mean == 600)
    #expect(cell.median == 400 && cell.cyclesPerExit == 400, "a mean would hold time off the CPU")
  }

  @Test(arguments: 0..<60)
  func noTraceBreaksAComparison(seed: UInt64) {
    var sides: [ComparedSide] = []
    for index in 0..<3 as Range<UInt64> {
      var side = ComparedSide("\(index)")
      side.add(analyze(hostileTrace(seed: seed * 3 + index)), operations: index == 0 ? nil : seed)
      sides.append(side)
    }
    let comparison = TraceComparison(sides, obstacles: [])
    for row in comparison.rows {
      for difference in row.differences {
        #expect((difference?.exits ?? 0).isFinite && (difference?.cycles ?? 0).isFinite)
        for share in [difference?.exitsShare, difference?.cyclesShare] { #expect(0...1 ~= share ?? 0) }
      }
    }
  }
}
