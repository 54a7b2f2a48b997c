import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

/// Where a vCPU thread's time goes; 1 ns is one cycle in these traces.
@Suite struct ThreadTimeTests {
  private func parts(_ analysis: Analysis) throws -> TimeParts { try #require(analysis.totals.parts) }

  @Test func everyCycleIsInOnePart() throws {
    var life = KernelLife()
    life.heavy(1000)
    life.light(2000)
    let found = life.analysis()
    let parts = try parts(found)
    #expect(parts.switchIn == 10 + 40)
    #expect(parts.kernel == 40 + 130 + 80 + 10)
    #expect(parts.switchOut == 50 + 40)
    #expect(parts.vmm == 60)
    #expect(parts.blocked == 0 && parts.offCPU == 0 && parts.unaccounted == 0 && parts.undivided == 0)
    #expect(parts.guest == (1100 - 150) + (2100 - 1380) + (100_000 - 2180))
    #expect(parts.accounted == found.totals.time.wall)
  }

  @Test func aHaltIsTakenOutOfTheKernelWithItsPolling() throws {
    var life = KernelLife()
    life.event(1000, .exit(0x78))
    // Halted from 1100 on: polls for 200, sleeps for 600, is woken, is preempted for 50 on the way.
    life.event(1300, .leave(to: 0, state: 1))
    life.event(1900, .arrive(from: 0))
    life.event(1920, .leave(to: 77, state: 0))
    life.event(1970, .arrive(from: 77))
    life.event(2000, .wakeup(900))
    life.event(2100, .entry)
    let found = life.analysis()
    let row = try #require(found.sites.first { $0.site == "hlt" })
    #expect(row.cycles.maximum == 1100)
    let stages = try #require(row.stages)
    #expect(stages.blocked == 200 + 600 + 20 + 30)
    #expect(stages.offCPU == 50)
    #expect(stages.kernel == 100 + 100)
    let parts = try parts(found)
    #expect(parts.blocked == 850)
    #expect(parts.offCPU == 50)
    #expect(parts.accounted == found.totals.time.wall)
  }

  @Test func whatAHaltCountedBeforeItsExitStaysWhereItWas() throws {
    var life = KernelLife()
    life.event(1000, .exit(0x78))
    life.event(1100, .wakeup(5000))
    life.event(1200, .entry)
    let parts = try parts(life.analysis())
    #expect(parts.blocked == 100)
  }

  @Test func preemptionIsTakenOutOfTheStageItFallsIn() throws {
    var life = KernelLife()
    life.event(1100, .exit(KernelLife.io))
    life.event(1150, .unload)
    life.event(1160, .leave(to: 77, state: 0x100))
    life.event(1190, .arrive(from: 77))
    life.trips.append(trip(1300, 1500))
    life.event(1350, .leave(to: 78, state: 1))
    life.event(1450, .arrive(from: 78))
    life.event(1540, .load)
    life.event(1600, .entry)
    life.spans.append(span(1000, 1620))
    let found = life.analysis()
    let stages = try #require(found.sites.first { $0.site == "pio write 0xe0/4" }?.stages)
    #expect(stages.switching == 150 - 30 + 40)
    // Asleep in the VMM is not a halt.
    #expect(stages.vmm == 100)
    #expect(stages.offCPU == 130 && stages.blocked == 0)
    #expect(stages.whole + stages.offCPU == 620)
    #expect(try parts(found).unaccounted == 0)
  }

  /// SVM of Linux 6.1 reports an exit after interrupts are on again: the thread can be preempted before.
  @Test func preemptionBeforeTheExitIsReportedIsNoExitPath() throws {
    var life = KernelLife()
    life.event(1030, .leave(to: 77, state: 0))
    life.event(1090, .arrive(from: 77))
    life.light(1000)
    let stages = try #require(
      life.analysis(operation: "light").sites.first { $0.site == "vmmcall" }?.stages)
    #expect(stages.exitPath == 40)
    #expect(stages.offCPU == 60)
    #expect(stages.whole + stages.offCPU == 200)
  }

  @Test func aLossLeavesItsTimeUnaccounted() throws {
    var life = KernelLife()
    life.heavy(1000)
    var trace = life.trace()
    let stream = try #require(trace.rows(StreamRow.self).first { $0.kind == .kernel }).stream
    trace.addLoss(stream, 2000, 3000, .kernelOverrun)
    let parts = try parts(analyze(trace))
    #expect(parts.unaccounted == 100_000 - 1380)
    #expect(parts.guest == 950)
    #expect(parts.accounted + parts.unaccounted == 100_050 - 100)
  }

  @Test func onceWokenAHaltedThreadWaitsForACPU() throws {
    var life = KernelLife()
    life.event(1000, .exit(0x78))
    life.event(1100, .leave(to: 0, state: 1))
    life.event(1700, .woken)
    life.event(1900, .arrive(from: 77))
    life.event(2000, .wakeup(900))
    life.event(2100, .entry)
    let parts = try parts(life.analysis())
    // Asleep for 600, and on the CPU for 100 of the 900 that KVM counts.
    #expect(parts.blocked == 600 + 100 && parts.polled == 100)
    #expect(parts.offCPU == 200 && parts.slept == 0)
    #expect(parts.unaccounted == 0)
  }

  @Test func aReturnThatNobodySawIsOffTheCPUUntilTheNextSign() throws {
    var life = KernelLife()
    life.event(1000, .exit(0x78))
    life.event(1100, .leave(to: 0, state: 1))
    life.event(1500, .entry)
    let found = life.analysis()
    #expect(try parts(found).unaccounted == 0)
    #expect(try parts(found).blocked == 400)
    #expect(try parts(found).unseen == 400)
    #expect(found.vcpus[0].kernel?.unseenReturns == 1)
    #expect(found.vcpus[0].kernel?.switches.unpaired == 1)
    #expect(found.totals.misplaced == 0)
    #expect(
      found.ledger.contains { $0.text.hasPrefix("Once the kernel reported that a vCPU thread left") })
    #expect(try #require(found.sites.first { $0.site == "hlt" }).stages == nil)
  }

  @Test func threadsOfOtherVCPUsAreNotMixedIn() throws {
    var life = KernelLife()
    life.light(1000)
    var trace = life.trace(operation: "light")
    trace.setThread(2000, vcpu: 1)
    trace.add([entry(120), trip(5000, 0)], vcpu: 1)
    trace.add([
      KernelFixture(130, .load, thread: 2000), KernelFixture(1050, .entry, thread: 2000),
      KernelFixture(1120, .exit(0x72), thread: 2000), KernelFixture(1150, .entry, thread: 2000),
      KernelFixture(1200, .exit(0x72), thread: 3000), KernelFixture(1250, .foreign, thread: 2000),
    ])
    let found = analyze(trace)
    #expect(found.vcpus.map { $0.kernel?.episodes } == [1, 1])
    #expect(found.vcpus.map { $0.kernel?.misplaced } == [0, 1])
    #expect(found.sites.first { $0.site == "cpuid" }?.count == 1)
  }
}
