import SortieAnalysis
import Testing
import WorkloadCatalog

/// Where the time of the vCPU threads went, on a KVM with hardware exits.
@Suite(.serialized, .needsLab)
struct TimeClosureLabTests {
  /// How far apart two accounts of a thread's time may be, as a share of it.
  private static let (closureLimit, schedulerLimit) = (0.001, 0.01)
  /// From the scheduler's reading of its clock to the report of the switch, seconds: hundreds of instructions, each of
  /// which takes this processor as long as hundreds do another. It only shows where a guest sleeps all the time.
  private static let switchTime = 20e-6

  @Test(arguments: Workload.all.map(\.name))
  func partsMakeTheWallTimeOfEachThread(name: String) throws {
    for vcpu in try analyze(TraceFileSource(LabTrace(name).file)).vcpus {
      let parts = try #require(vcpu.parts)
      let wall = Double(vcpu.time.wall)
      #expect(parts.undivided == 0, "this kernel reports exits and entries")
      #expect(abs(wall - Double(parts.accounted)) <= wall * Self.closureLimit)
    }
  }

  @Test(arguments: Workload.all.map(\.name))
  func theSchedulerSaysTheSame(name: String) throws {
    let analysis = try analyze(TraceFileSource(LabTrace(name).file))
    for vcpu in analysis.vcpus {
      let agreement = try #require(vcpu.scheduler)
      #expect(agreement.window > vcpu.time.wall)
      #expect(agreement.onCPU > 0)
    }
    let totals = try #require(analysis.totals.scheduler)
    let kilohertz = Double(try #require(analysis.tscKilohertz))
    let sleeps = totals.eventsAsleep ?? 0 > 0 ? Double(totals.timeslices) : 0
    let allowed = Self.schedulerLimit * Double(totals.window) + sleeps * Self.switchTime * kilohertz * 1e3
    #expect(Double(try #require(totals.difference)) <= allowed)
  }

  @Test func everyCheckHoldsAndNoneIsUnknown() throws {
    let checks = try analyze(TraceFileSource(LabTrace("hypercall").file)).checks
    #expect(checks.count == 7)
    #expect(checks.allSatisfy { $0.state == .ok }, "\(checks)")
  }

  /// What KVM leaves in place over a light exit, and puts away for each heavy one.
  @Test(arguments: ["hypercall", "pio-write"])
  func stateThatIsSwitchedLazilyIsCounted(name: String) throws {
    let analysis = try analyze(TraceFileSource(LabTrace(name).file))
    let vm = try #require(analysis.vms.first)
    let state = try #require(vm.lazyState)
    #expect(state.fpuUnloads == vm.roundTrips)
    let reloads = try #require(state.hostStateReloads)
    #expect(reloads >= vm.roundTrips)
    let exits = try #require(analysis.totals.exitEvents)
    if name == "hypercall" { #expect(reloads < exits / 4, "light exits do without") }
  }
}
