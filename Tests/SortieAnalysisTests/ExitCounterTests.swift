import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

/// KVM's own count of exits against the events.
@Suite struct ExitCounterTests {
  /// Two VMs with two `kvm_exit` events each; KVM counted so many exits of those in `counted`.
  private func trace(counted: [UInt32: UInt64]) -> MemoryTrace {
    var life = KernelLife()
    life.light(1000)
    var trace = life.trace()
    trace.setHost("emulated_guest_code", "false")
    trace.add(life.trips + [trip(life.end + 50, 0, port: 0xf4)], vm: 1)
    let others =
      life.kernel + [KernelFixture(life.end, .exit(KernelLife.io)), KernelFixture(life.end + 10, .unload)]
    trace.add(others.map { KernelFixture($0.tsc, $0.kind, thread: 2000) })
    trace.setThread(2000, vm: 1)
    for (vm, exits) in counted {
      for (tsc, number) in [(0, 7), (life.end, 7 + exits)] as [(UInt64, UInt64)] {
        trace.rows.append(StatisticRow(tsc: tsc, vm: vm, vcpu: 0, name: "exits", number: number))
      }
    }
    return trace
  }

  private func state(_ analysis: Analysis) -> TrustCheck.State? {
    analysis.checks.first { $0.name == .exitCount }?.state
  }

  @Test func countersOfAllVMsAreHeldAgainstTheEventsOfAll() {
    let found = analyze(trace(counted: [0: 2, 1: 2]))
    #expect(found.totals.exitEvents == 4)
    #expect(found.totals.kvmCounterExits == 4)
    #expect(state(found) == .ok)
    #expect(state(analyze(trace(counted: [0: 2, 1: 3]))) == .failed)
  }

  @Test func aVMWithoutACounterLeavesNothingToCompare() {
    let found = analyze(trace(counted: [0: 2]))
    #expect(found.totals.exitEvents == 4)
    #expect(found.totals.kvmCounterExits == nil)
    #expect(!found.totals.counterComparable)
    #expect(found.vms.map(\.kvmCounterExits) == [2, nil])
    #expect(state(found) == .unknown)
    #expect(!found.ledger.contains { $0.text.contains("no loss explains it") })
  }

  @Test func aVMThatNeverRanNeedsNoCounter() {
    var trace = trace(counted: [0: 2, 1: 2])
    trace.setVM(2, "outcome", "unsupported")
    #expect(state(analyze(trace)) == .ok)
  }
}
