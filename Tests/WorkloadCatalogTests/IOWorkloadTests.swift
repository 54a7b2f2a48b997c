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

  /// Counted on Linux 6.18 with a KVM that emulates guest code: operations of 512 bytes, without the set-up.
  @Test(
    arguments: [
      ("disk-ide-pio", [512, 1, 0], 8), ("disk-ide-pio", [1024, 1, 0], 10),
      ("disk-ide-pio", [512, 1, 100], 264),
      ("disk-ide-pio", [1024, 1, 100], 521), ("disk-ide-dma", [512, 1, 50], 13),
      ("disk-virtio", [512, 1, 50], 0),
      ("net-virtio", [512], 0), ("console-virtio", [64], 0), ("console-16550", [64], 68),
    ] as [(String, [UInt64], UInt64)])
  func anOperationMakesTheRoundTripsThatWereCounted(
    name: String, parameters: [UInt64], each: UInt64
  ) throws {
    let workload = try #require(Workload.named(name))
    for host in Self.hosts {
      func total(_ iterations: UInt64) -> ClosedRange<UInt64> {
        workload.expectation(on: host, parameters: parameters).roundTripTotal(iterations: iterations)
      }
      let none = total(0)
      #expect(total(32) == none.lowerBound + 32 * each...none.upperBound + 32 * each)
    }
  }

  /// Counted in the same runs: every return of KVM_RUN that is no operation's.
  @Test(
    arguments: [
      ("disk-ide-pio", 4), ("disk-ide-dma", 14), ("disk-virtio", 64), ("net-virtio", 73),
      ("console-virtio", 64),
      ("console-16550", 4),
    ] as [(String, UInt64)])
  func aSetUpMakesTheRoundTripsThatWereCounted(name: String, counted: UInt64) throws {
    let workload = try #require(Workload.named(name))
    for host in Self.hosts {
      #expect(workload.expectation(on: host).roundTripTotal(iterations: 0) == counted...counted)
    }
  }

  @Test func anE1000TakesADoorbellATransmissionAndThreeHeavyExitsAnAnswer() throws {
    let card = try #require(Workload.named("net-e1000"))
    for host in Self.hosts {
      func total(_ parameters: [UInt64]) -> ClosedRange<UInt64> {
        card.expectation(on: host, parameters: parameters).roundTripTotal(iterations: 320)
      }
      let setup: UInt64 = 1 + 12 + 15
      // Where guest code is emulated, interrupts may come twice.
      let times: UInt64 = host.execution == .emulated ? 2 : 1
      #expect(total([1512, 1, 100]) == setup + 640...setup + 320 + times * 320)
      #expect(total([1512, 1, 100, 32]) == setup + 20...setup + 10 + times * 10)
      // The first needs no new room.
      #expect(total([1512, 1, 50]) == setup - 1 + 960...setup - 1 + 640 + times * 640)
      // What is only received needs room, and is waited for or not.
      #expect(total([1512, 1, 0]) == setup - 1 + 320...setup - 1 + 320 + times * 320)
      #expect(total([1512, 1, 0, 32]) == setup - 1 + 10...setup - 1 + 10 + times * 320)
    }
  }

  @Test(arguments: hosts) func framesThatComeByThemselvesMakeNoRoundTripOnVirtio(host: HostKind) throws {
    let card = try #require(Workload.named("net-virtio"))
    let sent = card.expectation(on: host, parameters: [1512, 1, 100, 8]).roundTripTotal(iterations: 64)
    let received = card.expectation(on: host, parameters: [1512, 1, 0, 8])
    #expect(received.roundTripTotal(iterations: 64) == sent)
    if host.hasHardwareExits {
      #expect(received.lightExits[.hlt]?.total(iterations: 64) == 0...64)
    }
  }

  /// Four writes that mask and unmask the pin, and the end of the interrupt.
  @Test func theSplitIRQChipMakesIOAPICAndLevelTriggeredEOIsHeavy() throws {
    let host = HostKind(.svm)
    let card = try #require(Workload.named("net-e1000"))
    var split = host
    split.irqchip = .split
    let parameters: [UInt64] = [1512, 1, 100, 1, 1]
    let own = card.expectation(on: host, parameters: parameters)
    let other = card.expectation(on: split, parameters: parameters)
    let trips = own.roundTripTotal(iterations: 64).lowerBound
    let more = trips + 2 + 5 * 64
    #expect(other.roundTripTotal(iterations: 64) == more...more)
    #expect(other.roundTrips[.ioapicEOI]?.total(iterations: 64) == 64...64)
    #expect(own.tracepoints == other.tracepoints)
    #expect(own.lightExits[.mmio]?.total(iterations: 64) == 258...258)
    #expect(other.lightExits[.mmio] == nil)
    #expect(own.lightExits[.writeMSR]?.total(iterations: 64) == 66...66)
    #expect(other.lightExits[.writeMSR]?.total(iterations: 64) == 2...2)
    #expect(other.heavyExits[.writeMSR]?.total(iterations: 64) == 64...64)
  }

  @Test func aMessageGoesPastTheIOAPICWhoeverHasIt() throws {
    var split = HostKind(.svm)
    split.irqchip = .split
    for name in ["net-virtio", "disk-virtio", "console-virtio"] {
      let workload = try #require(Workload.named(name))
      #expect(workload.expectation(on: split) == workload.expectation(on: HostKind(.svm)))
    }
  }
}
