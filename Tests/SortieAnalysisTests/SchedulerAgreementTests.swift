import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

/// What the scheduler counted against the events; 1 ns is one cycle in these traces.
@Suite struct SchedulerAgreementTests {
  /// The last `KVM_RUN` returned at 100,050; the readings are at 50 and at 100,250.
  private func trace(_ life: KernelLife, onCPU: UInt64, runDelay: UInt64) -> MemoryTrace {
    // A stream is in order of time: what comes after the end goes to one of its own.
    var trace = life.trace(cpu: { $0.tsc > 100_050 ? 1 : 0 })
    trace.addSchedulerReadings(50, 100_250, onCPU: onCPU, runDelay: runDelay, timeslices: 3)
    return trace
  }

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

  @Test func aSwitchThatCountsFromItsWakeUpOnDoesNotMatter() throws {
    let found = analyze(trace(life, onCPU: 94_700, runDelay: 5100))
    #expect(found.totals.scheduler?.difference == 0)
    #expect(found.totals.scheduler?.onCPUDifference == 2000)
    #expect(state(found, .schedstat) == .ok)
    #expect(found.ledger.contains { $0.text.hasPrefix("On the time on a CPU alone") })
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
}
