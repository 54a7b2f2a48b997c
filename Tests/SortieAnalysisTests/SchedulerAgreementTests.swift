import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

/// What the scheduler counted against the events; 1 ns is one cycle in these traces.
@Suite struct SchedulerAgreementTests {
  /// The last `KVM_RUN` returned 50 after the life's end; the readings are at 50 and 250 after the end.
  private func trace(
    _ life: KernelLife, onCPU: UInt64, runDelay: UInt64, timeslices: UInt64 = 3
  ) -> MemoryTrace {
    // A stream is in order of time: what comes after the end goes to one of its own.
    var trace = life.trace(cpu: { $0.tsc > life.end + 50 ? 1 : 0 })
    trace.addSchedulerReadings(50, life.end + 250, onCPU: onCPU, runDelay: runDelay, timeslices: timeslices)
    return trace
  }

  private func numbers(_ delay: SchedulerLag.Delay) -> [UInt64] { [delay.count, delay.least, delay.most] }

  private func state(_ analysis: Analysis, _ name: TrustCheck.Name) -> TrustCheck.State? {
    analysis.checks.first { $0.name == name }?.state
  }

  /// Halted for 600 of which 200 polling, preempted for 3,000 inside and for 100 after the last `KVM_RUN`.
  private var life: KernelLife {
    var life = KernelLife()
    life.event(1000, .exit(0x78))
    life.event(1300, .leave(to: 0, state: 1))
    life.event(1700, .woken)
    life.event(1700, .arrive(from: 0))
    life.event(1700, .wakeup(600))
    life.event(2100, .entry)
    life.event(5000, .leave(to: 77, state: 0))
    life.event(8000, .arrive(from: 77))
    life.event(100_100, .leave(to: 77, state: 0))
    life.event(100_200, .arrive(from: 77))
    return life
  }

  @Test func whatBothSayOfARunIsHeldAgainstEachOther() throws {
    let found = analyze(trace(life, onCPU: 96_700, runDelay: 3100))
    let agreement = try #require(found.vcpus[0].scheduler)
    #expect(agreement.window == 100_200)
    #expect(agreement.eventsAsleep == 400)
    #expect(agreement.eventsOnCPU == 100_200 - 400 - 3000 - 100)
    #expect(agreement.difference == 0)
    #expect(agreement.onCPUDifference == 0)
    #expect(state(found, .schedstat) == .ok)
    #expect(found.ledger.contains { $0.kind == .fact && $0.text.hasPrefix("schedstat agrees to 100.000 %") })
  }

  /// Asleep from 5,000 to 14,000 by the switch and the wake-up. The scheduler read its clock between 2,000 and 3,000
  /// and again from 13,000 on, and the idle CPU came to the thread at 16,000.
  private var lateLife: KernelLife {
    var life = KernelLife()
    life.event(1000, .exit(0x78))
    life.event(1500, .reading)
    life.event(1600, .accounted)
    life.event(2000, .reading)
    life.event(3000, .accounted)
    life.event(5000, .leave(to: 0, state: 1))
    life.event(13_000, .waking)
    life.event(14_000, .woken)
    life.event(16_000, .arrive(from: 0))
    life.event(16_500, .entry)
    return life
  }

  @Test func lateReportsOfASleepAreTakenBackAndHalfOfAWakeUpIsUncertain() throws {
    let found = analyze(trace(lateLife, onCPU: 88_200, runDelay: 1000))
    let agreement = try #require(found.totals.scheduler)
    #expect(agreement.eventsAsleep == 9000)
    #expect(numbers(agreement.lag.sleeps) == [1, 2000, 3000])
    #expect(numbers(agreement.lag.wakeups) == [1, 0, 1000])
    #expect(numbers(agreement.lag.arrivals) == [1, 0, 3000])
    // Asleep from 2,500 to halfway through the wake-up; the time slice began halfway from there to the switch.
    #expect(agreement.difference == 0)
    #expect(agreement.onCPUDifference == 0)
    #expect(agreement.uncertainty == 1000)
    #expect(agreement.onCPUUncertainty == 2000)
    let line = try #require(found.ledger.first { $0.text.hasPrefix("schedstat agrees to 100.000 %") })
    #expect(line.text.contains("reads its clock 2 to 3 µs before it reports a sleep and up to 1 µs before"))
    #expect(line.text.contains("which leaves 1.00 % either way"))
    // By the stamps alone the thread was awake for 91,200.
    #expect(state(analyze(trace(lateLife, onCPU: 90_200, runDelay: 1000)), .schedstat) == .failed)
  }

  @Test func aTimeSliceMayBeginAnywhereFromTheWakeUpToTheSwitchButNotBefore() throws {
    let earliest = analyze(trace(lateLife, onCPU: 90_200, runDelay: 0))
    #expect(earliest.totals.scheduler?.onCPUDifference == 2000)
    #expect(state(earliest, .schedstat) == .ok)
    #expect(state(earliest, .schedstatSplit) == .ok)
    let line = try #require(earliest.ledger.first { $0.text.hasPrefix("On the time on a CPU alone") })
    #expect(line.kind == .fact)
    #expect(line.text.contains("differ by 2.00 %"))
    let latest = analyze(trace(lateLife, onCPU: 86_200, runDelay: 3000))
    #expect(state(latest, .schedstatSplit) == .ok)
    for onCPU in [86_199, 90_201] as [UInt64] {
      #expect(state(analyze(trace(lateLife, onCPU: onCPU, runDelay: 0)), .schedstatSplit) == .failed)
    }
  }

  @Test func anArrivalWithoutAWakeUpMayBeAsLateAsASleep() throws {
    var life = lateLife
    life.event(40_000, .leave(to: 77, state: 0))
    life.event(50_000, .arrive(from: 77))
    let found = analyze(trace(life, onCPU: 79_700, runDelay: 10_000))
    let agreement = try #require(found.totals.scheduler)
    #expect(agreement.lag.otherArrivals == 1)
    #expect(agreement.onCPUUncertainty == 500 + (3000 + 3000) / 2)
  }

  /// A busy CPU goes over to the thread at once only where the wake-up says so.
  @Test(arguments: [(KernelFixture.Kind.woken, 0), (.wokenUrgently, 300)] as [(KernelFixture.Kind, UInt64)])
  func aTimeSliceMayBeginWithAWakeUpThatMadeItsCPUSwitch(woken: KernelFixture.Kind, arriving: UInt64) throws {
    var life = KernelLife()
    life.event(1000, .exit(0x78))
    life.event(2000, .leave(to: 77, state: 1))
    life.event(5000, .waking)
    life.event(5100, woken)
    life.event(5300, .arrive(from: 77))
    life.event(5400, .entry)
    let agreement = try #require(analyze(trace(life, onCPU: 1, runDelay: 1)).totals.scheduler)
    #expect(numbers(agreement.lag.arrivals) == [min(arriving, 1), 0, arriving])
    #expect(agreement.lag.otherArrivals == (arriving == 0 ? 1 : 0))
  }

  @Test func onlyTheReadingOfThisSleepAndTheWakeUpOfASleeperCount() throws {
    var life = KernelLife()
    life.event(500, .accounted)
    life.event(600, .leave(to: 77, state: 0))
    life.event(700, .arrive(from: 77))
    life.event(800, .waking)
    life.event(900, .woken)
    life.event(1000, .exit(0x78))
    life.event(5000, .leave(to: 0, state: 1))
    life.event(6000, .woken)
    life.event(6100, .arrive(from: 0))
    life.event(6200, .entry)
    life.event(100_300, .accounted)
    life.event(100_400, .leave(to: 0, state: 1))
    let agreement = try #require(analyze(trace(life, onCPU: 1, runDelay: 1)).totals.scheduler)
    #expect(numbers(agreement.lag.sleeps) == [0, 0, 0])
    #expect(numbers(agreement.lag.wakeups) == [0, 0, 0])
    #expect(numbers(agreement.lag.arrivals) == [0, 0, 0])
    #expect(numbers(agreement.lag.preemptions) == [1, 0, 100])
    #expect(agreement.uncertainty == 0)
  }

  /// A switch that reads the clock says so; one that a wake-up caused goes by the last reading that was told of, or one
  /// that was not.
  @Test func aPreemptionGoesByItsOwnReadingOrByAnyFromTheLastOneOn() throws {
    var life = KernelLife()
    life.event(40_000, .reading)
    life.event(40_100, .accounted)
    life.event(40_400, .leave(to: 77, state: 0))
    life.event(45_000, .arrive(from: 77))
    life.event(50_000, .accounted)
    life.event(50_300, .reading)
    life.event(50_400, .leave(to: 77, state: 0))
    life.event(55_000, .arrive(from: 77))
    let agreement = try #require(analyze(trace(life, onCPU: 1, runDelay: 1)).totals.scheduler)
    #expect(numbers(agreement.lag.preemptions) == [2, 300, 400 + 400])
    // Two arrivals, each 400 late at the most.
    #expect(agreement.onCPUUncertainty == 250 + 400)
    #expect(agreement.uncertainty == 0)
  }

  /// A guest that never sleeps: its running and waiting make the window whatever the events say, only their split shows
  /// that 4 ms of waiting count as running.
  @Test func aPreemptionThatCountsAsOnTheCPUFailsTheCheckOfTheSplit() throws {
    var life = KernelLife()
    life.end = 100_000_000
    let unseen = trace(life, onCPU: 96_000_200, runDelay: 4_000_000)
    let wrong = analyze(unseen)
    #expect(wrong.totals.scheduler?.eventsAsleep == 0)
    #expect(wrong.totals.scheduler?.difference == 0)
    #expect(wrong.totals.scheduler?.onCPUDifference == 4_000_000)
    #expect(state(wrong, .schedstat) == .ok)
    #expect(state(wrong, .schedstatSplit) == .failed)
    let line = try #require(wrong.ledger.first { $0.text.hasPrefix("On the time on a CPU alone") })
    #expect(line.kind == .warning)
    #expect(line.text.contains("differ by 4.00 %, 1333 µs for each of 3 time slices"))

    life.event(5_000_000, .leave(to: 77, state: 0))
    life.event(9_000_000, .arrive(from: 77))
    let right = analyze(trace(life, onCPU: 96_000_200, runDelay: 4_000_000))
    #expect(right.totals.scheduler?.onCPUDifference == 0)
    #expect(state(right, .schedstatSplit) == .ok)
  }

  @Test func aDisagreementOfMoreThanAHundredthFailsTheCheck() throws {
    let found = analyze(trace(life, onCPU: 95_000, runDelay: 3000))
    #expect(found.totals.scheduler?.difference == 1800)
    #expect(state(found, .schedstat) == .failed)
    #expect(
      found.ledger.contains { $0.kind == .warning && $0.text.hasPrefix("schedstat agrees to 98.203 %") })
  }

  /// The thread ran for most of what counts as off-CPU, because nobody saw it come back.
  @Test func anUnseenReturnThatHidesARunFailsTheCheck() throws {
    var life = KernelLife()
    life.event(5000, .leave(to: 77, state: 0))
    let found = analyze(trace(life, onCPU: 100_000, runDelay: 200))
    #expect(found.totals.scheduler?.difference == 0)
    #expect(found.totals.parts?.unseen == 95_000)
    #expect(state(found, .schedstat) == .failed)
  }

  @Test func lostEventsCanHideEitherTime() throws {
    var life = life
    life.heavy(20_000)
    var trace = trace(life, onCPU: 50_000, runDelay: 49_800)
    let stream = try #require(trace.rows(StreamRow.self).first { $0.kind == .kernel }).stream
    trace.addLoss(stream, 30_000, 90_000, .kernelOverrun)
    let found = analyze(trace)
    #expect(found.totals.scheduler?.difference == 0)
    #expect(state(found, .timeClosure) == .failed)
  }

  @Test func withoutSwitchesOrReadingsNothingIsHeldAgainstAnything() {
    var silent = MemoryTrace()
    silent.add([entry(100), trip(1000, 0)])
    silent.setVM(0, "schedstat_missing", "No such file or directory")
    let none = analyze(silent)
    #expect(none.totals.scheduler == nil)
    #expect(state(none, .schedstat) == .unknown)
    #expect(state(none, .schedstatSplit) == .unknown)
    #expect(none.ledger.contains { $0.kind == .missing && $0.text.contains("(No such file or directory)") })

    silent.addSchedulerReadings(50, 1100, onCPU: 1000, runDelay: 50, timeslices: 1)
    let alone = analyze(silent)
    #expect(alone.totals.scheduler?.onCPU == 1000)
    #expect(alone.totals.scheduler?.difference == nil)
    #expect(state(alone, .schedstat) == .unknown)
    #expect(alone.ledger.contains { $0.kind == .missing && $0.text.contains("Without sched_switch events") })
  }

  @Test func readingsThatCannotBeAreNoAccount() {
    for (first, last) in [(100, 50), (50, 50)] as [(UInt64, UInt64)] {
      var trace = life.trace()
      trace.addSchedulerReadings(first, last, onCPU: 10, runDelay: 10, timeslices: 1)
      let agreement = analyze(trace).vcpus[0].scheduler
      // Read the other way round they go backwards; at one moment they are one.
      #expect(agreement == nil)
    }
    var huge = life.trace()
    huge.addSchedulerReadings(0, .max, onCPU: .max, runDelay: .max, timeslices: .max)
    #expect(analyze(huge).vcpus[0].scheduler != nil)
  }

  /// Absences around the run whose sum with the run is more than 64 bits hold, and one that lies in another.
  @Test func absencesThatOverlapAreCountedOnce() throws {
    var life = KernelLife()
    life.event(100_100, .leave(to: 77, state: 0))
    life.event(.max - 10, .arrive(from: 77))
    life.event(100_100, .leave(to: 77, state: 0))
    life.event(.max - 10, .arrive(from: 77))
    var trace = life.trace(cpu: { $0.tsc > 100_050 ? 1 : 0 })
    trace.addSchedulerReadings(50, .max, onCPU: 100_060, runDelay: .max - 100_120, timeslices: 3)
    let agreement = try #require(analyze(trace).vcpus[0].scheduler)
    #expect(agreement.window == UInt64.max - 50)
    #expect(agreement.eventsOnCPU == 100_060)
  }

  /// The time of two threads that each ran for most of 64 bits does not fit in 64.
  @Test func timesThatDoNotFitAreReported() {
    var trace = MemoryTrace()
    trace.tscKilohertz = 1
    for vm in [0, 1] as [UInt32] {
      let thread = 1000 + vm
      trace.add([entry(1), trip(.max - UInt64(vm), 0)], vm: vm)
      trace.add([KernelFixture(2, .load, thread: thread), KernelFixture(3, .exit(0x81), thread: thread)])
      trace.addLoss(StreamID(rawValue: 2 * vm + 2), 5, .max - 5)
      trace.setThread(thread, vm: vm)
      trace.addSchedulerReadings(0, .max, onCPU: 1, runDelay: 0, timeslices: 1, vm: vm)
    }
    let found = analyze(trace)
    #expect(found.vcpus.count == 2)
    #expect(state(found, .timeClosure) == .failed)
  }

  /// Whatever the stamps and the readings are, there is an answer, and events never say more than there was.
  @Test(arguments: 0..<500) func readingsAndStampsMayBeAnything(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed) << 24)
    func stamp() -> UInt64 {
      switch Int.random(in: 0..<4, using: &random) {
      case 0: UInt64.max - UInt64.random(in: 0...200, using: &random)
      case 1: UInt64.random(in: 0...(.max), using: &random)
      default: UInt64.random(in: 0...100_500, using: &random)
      }
    }
    var trace = MemoryTrace()
    trace.tscKilohertz = stamp()
    for vm in 0..<UInt32.random(in: 1...2, using: &random) {
      var trips = [entry(stamp())]
      for _ in 0..<3 { trips.append(trip(max(1, stamp()), stamp())) }
      trace.add(trips, vm: vm)
      let events = (0..<Int.random(in: 0...20, using: &random)).map { _ in
        let kinds: [KernelFixture.Kind] = [
          .leave(to: 77, state: 0), .leave(to: 77, state: 1), .arrive(from: 77), .arrive(from: 0), .waking,
          .woken, .wokenUrgently, .reading, .accounted, .wakeup(stamp()), .load,
        ]
        return KernelFixture(stamp(), kinds.randomElement(using: &random) ?? .load, thread: 1000 + vm)
      }
      trace.add(events, cpu: vm, blockSize: 4)
      trace.setThread(1000 + vm, vm: vm)
      trace.addSchedulerReadings(
        stamp(), stamp(), onCPU: stamp(), runDelay: stamp(), timeslices: stamp(), vm: vm)
    }
    for row in analyze(trace).vcpus {
      guard let agreement = row.scheduler, let own = agreement.eventsOnCPU else { continue }
      #expect(own <= agreement.window)
      #expect(agreement.eventsAsleep ?? 0 <= agreement.window)
    }
  }
}
