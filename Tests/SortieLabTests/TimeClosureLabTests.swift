import LabBoot
import SortieAnalysis
import SortieTrace
import Testing
import WorkloadCatalog

/// Where the time of the vCPU threads went, on a KVM with hardware exits.
@Suite(.serialized, .needsLab)
struct TimeClosureLabTests {
  /// How far apart two accounts of a thread's time may be, as a share of it.
  private static let (closureLimit, schedulerLimit) = (0.001, 0.01)

  @Test(arguments: Workload.all.map(\.name))
  func partsMakeTheWallTimeOfEachThread(name: String) throws {
    for vcpu in try Lab.recorded(name).analysis.vcpus {
      let parts = try #require(vcpu.parts)
      let wall = Double(vcpu.time.wall)
      #expect(parts.undivided == 0, "this kernel reports exits and entries")
      #expect(abs(wall - Double(parts.accounted)) <= wall * Self.closureLimit)
    }
  }

  private func agreement(_ analysis: Analysis) throws -> SchedulerAgreement {
    for vcpu in analysis.vcpus {
      let agreement = try #require(vcpu.scheduler)
      #expect(agreement.window > vcpu.time.wall)
      #expect(agreement.onCPU > 0)
    }
    return try #require(analysis.totals.scheduler)
  }

  private static func slow(_ name: String) throws -> Analysis {
    try analyze(TraceFileSource(TraceFile(path: Lab.file(name + ".sortie", of: name))))
  }

  /// What a guest that sleeps after every few of its instructions leaves uncertain is half of what its wake-ups took: on a
  /// processor that is itself emulated and preempted it may be percents.
  @Test func theSchedulerSaysTheSameOfEachGuestAndOfAllTogether() throws {
    var sleepless = 0
    var (difference, window) = (0.0, 0.0)
    for name in Workload.all.map(\.name) {
      let agreement = try agreement(Lab.recorded(name).analysis)
      let apart = Double(try #require(agreement.difference))
      difference += apart
      window += Double(agreement.window)
      let limit = max(Self.schedulerLimit, agreement.uncertaintyShare)
      #expect(apart <= limit * Double(agreement.window), "\(name): \(agreement)")
      guard try #require(agreement.eventsAsleep) == 0 else { continue }
      sleepless += 1
      #expect(apart <= Self.schedulerLimit * Double(agreement.window), "\(name): \(agreement)")
    }
    #expect(difference <= Self.schedulerLimit * window, "\(difference) of \(window) cycles")
    #expect(sleepless > Workload.all.count / 2)
  }

  /// Nothing of the agreement rests on events that were not there.
  @Test func howLateTheEventsAreIsMeasuredAtEverySleep() throws {
    // A guest that sleeps shortly is late on a busy machine, and then does not sleep at all.
    let name = "hlt-timer-slow"
    let lag = try agreement(Self.slow(name)).lag
    #expect(lag.sleeps.count >= Lab.slowSleeps / 2)
    #expect(lag.wakeups.count >= lag.sleeps.count - lag.sleeps.count / 100)
    #expect(lag.sleeps.least > 0)
    // Without details one event says when the clock of a sleep was read, at the latest.
    #expect(lag.sleeps.most >= lag.sleeps.least)
    #expect(lag.wakeups.most > 0)
  }

  /// With few sleeps a second nothing of note is left uncertain.
  @Test(arguments: Lab.slowSleepers.map { $0 + "-slow" })
  func theSchedulerSaysTheSameOfAGuestThatSleepsNowAndThen(name: String) throws {
    let recorded = try Lab.outcome(name)
    #expect(recorded.status == 0, "\(recorded.errors)")
    let agreement = try agreement(Self.slow(name))
    #expect(try #require(agreement.eventsAsleep) > agreement.window / 4, "it sleeps")
    #expect(try #require(agreement.differenceShare) <= Self.schedulerLimit, "\(agreement)")
  }

  @Test func everyCheckHoldsAndNoneIsUnknown() throws {
    let checks = try Lab.recorded("hypercall").analysis.checks
    #expect(checks.count == 8)
    #expect(checks.allSatisfy { $0.state != .unknown }, "\(checks)")
    // How running and waiting divide is told at each switch, which a busy machine that emulates this one stretches at will.
    #expect(checks.allSatisfy { $0.state == .ok || $0.name == .schedstatSplit }, "\(checks)")
  }

  /// What KVM leaves in place over a light exit, and puts away for each heavy one.
  @Test(arguments: ["hypercall", "pio-write"])
  func stateThatIsSwitchedLazilyIsCounted(name: String) throws {
    let analysis = try Lab.recorded(name).analysis
    let vm = try #require(analysis.vms.first)
    let state = try #require(vm.lazyState)
    #expect(state.fpuUnloads == vm.roundTrips)
    let reloads = try #require(state.hostStateReloads)
    #expect(reloads >= vm.roundTrips)
    let exits = try #require(analysis.totals.exitEvents)
    if name == "hypercall" { #expect(reloads < exits / 4, "light exits do without") }
  }
}
