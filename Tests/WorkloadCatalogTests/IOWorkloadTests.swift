import GuestABI
import Testing
import WorkloadCatalog

@Suite struct IOWorkloadTests {
  private static let hosts = HostKind.Execution.allCases.map { HostKind($0) }

  @Test func plansAreSortedFoundByNameAndInNoStandardSet() {
    let names = Workload.io.map(\.name)
    #expect(names == names.sorted())
    for name in names {
      #expect(Workload.named(name)?.name == name)
      #expect(!Workload.all.contains { $0.name == name })
    }
  }

  @Test(arguments: Workload.io.map(\.name)) func aPlanIsDescribed(name: String) throws {
    let workload = try #require(Workload.named(name))
    #expect(workload.device != nil && workload.vcpus == 1)
    #expect(workload.defaultIterations % 32 == 0, "a multiple of every depth")
    #expect(workload.summary.count <= 80 && !workload.summary.contains("\n"))
    #expect(workload.details.count > workload.summary.count && workload.details.hasSuffix("."))
    #expect(workload.parameters.map(\.index) == Array(workload.parameters.indices))
    #expect(workload.parameters.count <= Int(SORTIE_PARAMETERS))
  }

  @Test func zeroIsTheDefaultUnlessItIsAValueOfItsOwn() throws {
    let disk = try #require(Workload.named("disk-virtio"))
    #expect(disk.values([]) == [4096, 1, 50, 0, 1, 0, 0, 0])
    #expect(disk.values([0, 0, 0, 0]) == [4096, 1, 0, 0, 1, 0, 0, 0])
    #expect(disk.values([512, 9, 100, 1, 8]) == [512, 9, 100, 1, 8, 0, 0, 0])
    #expect(disk.depth(disk.values([512, 9, 100, 1, 8])) == 8)
    #expect(try #require(Workload.named("pio-write")).values([0, 3]) == [0x5a5a_5a5a, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test(arguments: hosts) func aKickIsAtMostOneABatchAndHeavyOnlyWithoutIOEventFD(host: HostKind) throws {
    let disk = try #require(Workload.named("disk-virtio"))
    func trips(_ kick: Workload.Kick, depth: UInt64) -> ClosedRange<UInt64> {
      disk.expectation(on: host, parameters: [512, 1, 50, 0, depth], kick: kick).roundTripTotal(
        iterations: 64)
    }
    let setup = trips(.ioeventfd, depth: 1)
    #expect(setup.lowerBound == setup.upperBound && setup == trips(.ioeventfd, depth: 32))
    #expect(trips(.exit, depth: 1) == setup.lowerBound...setup.lowerBound + 64)
    #expect(trips(.exit, depth: 32) == setup.lowerBound...setup.lowerBound + 2)
    let byExit = disk.expectation(on: host, kick: .exit)
    let inKernel = disk.expectation(on: host)
    #expect(byExit.tracepoints == inKernel.tracepoints)
    #expect(byExit.lightExits[.mmio] == nil)
    #expect((inKernel.lightExits[.mmio]?.total(iterations: 64) == 0...64) == host.hasHardwareExits)
  }

  @Test func aPolledUARTTakesAWriteACharacterAndALookAtItsStatusASixteenth() throws {
    let console = try #require(Workload.named("console-16550"))
    for (bytes, each) in [(64, 68), (16, 17), (17, 19), (1, 2)] as [(UInt64, UInt64)] {
      for host in Self.hosts {
        let expectation = console.expectation(on: host, parameters: [bytes])
        #expect(expectation.roundTripTotal(iterations: 10) == 10 * each + 4...10 * each + 4)
      }
    }
  }
}
