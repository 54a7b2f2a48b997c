import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

/// Round trips that the system calls of a thread tell, where no machine monitor stamped them.
@Suite struct AttachedTests {
  private static let run = KernelFixture.Kind.call(16, 0xae80)
  private static let (io, mmio): (UInt32, UInt32) = (2, 6)

  /// The trace of a thread's events; `losses` are of its stream.
  private func analysis(
    _ events: [(UInt64, KernelFixture.Kind)], losses: [(UInt64, UInt64)] = [], blockSize: Int = 3
  ) -> Analysis {
    var trace = MemoryTrace()
    let stream = trace.add(events.map { KernelFixture($0.0, $0.1) }, blockSize: blockSize)
    for loss in losses { trace.addLoss(stream, loss.0, loss.1, .kernelOverrun) }
    trace.setThread(1000)
    trace.addVCPU()
    trace.setVM(0, "name", "other")
    return analyze(trace)
  }

  /// A port write to user space in 280 cycles: stages 3 to 2 to 4, with a call of 40 in the VMM.
  private func heavy(_ tsc: UInt64) -> [(UInt64, KernelFixture.Kind)] {
    [
      (tsc, .exit(0x7b, info1: 0xe0_0010)), (tsc + 50, .unload), (tsc + 70, .leaves(Self.io)),
      (tsc + 100, .called(0)), (tsc + 110, .call(1)), (tsc + 150, .called(8)), (tsc + 160, Self.run),
      (tsc + 200, .load), (tsc + 280, .entry),
    ]
  }

  @Test func aRoundTripLiesBetweenTheSystemCalls() throws {
    let found = analysis([(900, .entry)] + heavy(1000) + [(2000, .exit(0x81)), (2050, .entry)])
    #expect(found.totals.heavy == 1 && found.totals.light == 1 && found.totals.kicks == 0)
    let site = try #require(found.sites.first { $0.interval == .vmm })
    #expect(site.site == "pio write 0xe0/1")
    #expect(site.tier == .kernel && site.exitClass == .heavy)
    #expect(site.cycles.maximum == 60)
    let stages = try #require(site.stages)
    #expect(stages.switching == 30 + 40 + 20)
    #expect(stages.kernel == 50 + 80)
    #expect(stages.vmm == 60)
    #expect(found.totals.unknown == 0 && found.totals.misplaced == 0 && found.totals.inversions == 0)
  }

  @Test func whatTheMachineMonitorCalledIsPartOfItsStage() throws {
    let found = analysis([(900, .entry)] + heavy(1000) + heavy(2000))
    #expect(found.systemCalls.map(\.call) == ["write", nil])
    let call = found.systemCalls[0]
    #expect(call.site == "pio write 0xe0/1" && call.roundTrips == 2 && call.count == 2)
    #expect(call.cycles == 80 && call.longest == 40 && call.share == 80.0 / 120)
    #expect(found.systemCalls[1].cycles == 40 && found.systemCalls[1].longest == nil)
  }

  @Test func timeClosesFromTheFirstEventToTheLast() throws {
    let found = analysis(
      [(900, .exit(0x81)), (950, .entry)] + heavy(1000) + [
        (2000, .exit(0x81)), (2050, .entry), (3000, .exit(0x81)),
      ])
    let time = found.totals.time
    #expect(time.wall == 3000 - 900)
    #expect(time.vmm == 60 && time.kvmRun == 3000 - 900 - 60 && time.unaccounted == 0)
    let parts = try #require(found.totals.parts)
    #expect(parts.accounted == time.wall)
    #expect(parts.guest == 50 + 720 + 950)
    #expect(found.checks.first { $0.name == .timeClosure }?.state == .ok)
  }

  @Test func aThreadThatNeverLeavesKVMHasItsLightExits() {
    let exits = (0..<5000).flatMap { index -> [(UInt64, KernelFixture.Kind)] in
      [(UInt64(index) * 100 + 1000, .exit(0x78)), (UInt64(index) * 100 + 1040, .entry)]
    }
    let found = analysis([(800, .call(0)), (900, .called(0))] + exits, blockSize: 1000)
    #expect(found.totals.light == 5000 && found.totals.roundTrips == 0)
    #expect(found.totals.time.wall == 4999 * 100 + 40)
  }

  @Test func recordingMayBeginAndEndInTheMachineMonitor() throws {
    let found = analysis(
      [(500, .called(0)), (900, Self.run), (940, .load), (980, .entry)] + heavy(1000)
        + [
          (2000, .exit(0x7b, info1: 0xe0_0010)), (2050, .unload), (2070, .leaves(Self.io)),
          (2100, .called(0)),
          (2200, .leave(to: 0, state: 1)), (2900, .arrive(from: 0)),
        ])
    #expect(found.totals.roundTrips == 2 && found.totals.heavy == 2)
    #expect(found.totals.time.wall == 2900 - 900)
    #expect(found.totals.time.vmm == 60 + 800)
    let parts = try #require(found.totals.parts)
    #expect(parts.accounted == found.totals.time.wall)
    #expect(parts.offCPU == 700)
    #expect(found.totals.misplaced == 0)
  }

  @Test func aPortReadIsKnownWhenTheGuestHasItsAnswer() throws {
    let read: [ColumnID: UInt64] = [.address: 0x60, .size: 1, .count: 1]
    let write: [ColumnID: UInt64] = [.address: 0x80, .size: 2, .count: 1, .flags: 1]
    let found = analysis([
      (100, .detail(.port, write)), (110, .unload), (120, .leaves(Self.io)), (130, .called(0)),
      (140, Self.run), (150, .load), (160, .unload), (170, .leaves(Self.io)), (180, .called(0)),
      (190, Self.run), (200, .load), (210, .detail(.port, read)), (300, .unload), (310, .leaves(5)),
    ])
    #expect(Set(found.sites.map(\.site)) == ["pio write 0x80/2", "pio read 0x60/1"])
    #expect(try #require(found.totals.parts).accounted == 200)
  }

  @Test func anAccessAcrossAPageIsTwoRoundTrips() throws {
    let parts: [[ColumnID: UInt64]] = [
      [.address: 0xd000_0ffc, .size: 4, .flags: 1], [.address: 0xd000_1000, .size: 4, .flags: 1],
    ]
    func trip(_ tsc: UInt64) -> [(UInt64, KernelFixture.Kind)] {
      [
        (tsc, .unload), (tsc + 10, .leaves(Self.mmio)), (tsc + 20, .called(0)), (tsc + 30, Self.run),
        (tsc + 40, .load),
      ]
    }
    let found = analysis(
      [
        (900, .entry), (1000, .exit(0x400, info1: 0)), (1010, .detail(.memory, parts[0])),
        (1020, .detail(.memory, parts[1])),
      ]
        + trip(1100) + trip(1200) + [(1300, .entry)])
    #expect(
      found.sites.filter { $0.interval == .vmm }.map(\.site).sorted() == [
        "mmio write 0xd0000ffc/4", "mmio write 0xd0001000/4",
      ])
    #expect(found.vcpus[0].kernel?.heavy == 1)
  }

  @Test(arguments: [Int64(-4), -11])
  func aReturnThatTheGuestDidNotCauseIsAKick(result: Int64) {
    let found = analysis([
      (900, .entry), (1000, .exit(0x60)), (1050, .unload), (1070, .leaves(Self.io)), (1100, .called(result)),
      (1160, Self.run), (1200, .load), (1280, .entry),
    ])
    #expect(found.totals.kicks == 1 && found.totals.heavy == 0 && found.totals.unknown == 0)
    #expect(found.vcpus[0].kernel?.kicked == 1)
  }

  @Test func otherRequestsOfIOCTLAreNoRoundTrips() {
    let found = analysis(
      [
        (900, .entry), (1000, .exit(0x7b, info1: 0xe0_0010)), (1050, .unload), (1070, .leaves(Self.io)),
        (1100, .called(0)), (1110, .call(16, 0x4008_ae61)), (1130, .called(0)), (1140, .call(15)),
        (1150, .called(-4)),
        (1160, Self.run), (1200, .load), (1280, .entry),
      ])
    #expect(found.totals.roundTrips == 1)
    #expect(found.systemCalls.compactMap(\.call).sorted() == ["ioctl KVM_IRQ_LINE", "rt_sigreturn"])
  }

  @Test func noPairIsMadeAcrossALoss() throws {
    // What came between the first u0 and the second is lost: they are no one stay.
    let found = analysis(
      [(900, .entry)] + heavy(1000).prefix(4) + [(2060, Self.run), (2100, .load), (2180, .entry)]
        + heavy(3000),
      losses: [(1150, 2000)])
    #expect(found.totals.roundTrips == 2)
    let site = try #require(found.sites.first { $0.interval == .vmm })
    #expect(site.count == 2 && site.cycles.count == 1)
    #expect(found.totals.misplaced == 0)
    #expect(found.systemCalls.first { $0.call == nil }?.roundTrips == 1)
  }

  @Test func anAccessThatNothingToldIsNotGuessed() {
    let found = analysis([
      (100, .unload), (120, .leaves(Self.mmio)), (130, .called(0)), (140, Self.run), (150, .load),
      (160, .unload),
      (170, .leaves(29)), (180, .called(0)), (190, Self.run), (195, .load),
    ])
    #expect(Set(found.sites.map(\.site)) == ["mmio", "x86 rdmsr"])
  }

  /// Random lives of a thread, told once by a machine monitor's own stamps and once by system calls at the same moments.
  @Test(arguments: 0..<40)
  func systemCallsTellWhatStampsTell(seed: UInt64) throws {
    var random = SeededGenerator(state: seed)
    var (tsc, kernel, calls): (UInt64, [KernelFixture], [KernelFixture]) = (100, [], [])
    var trips = [RoundTripRecord(u1: 100, flags: .firstEntry)]
    calls.append(KernelFixture(100, Self.run))
    func event(_ kind: KernelFixture.Kind) {
      tsc += UInt64.random(in: 1...200, using: &random)
      kernel.append(KernelFixture(tsc, kind))
    }
    func call(_ kind: KernelFixture.Kind) {
      tsc += UInt64.random(in: 1...200, using: &random)
      calls.append(KernelFixture(tsc, kind))
    }
    event(.load)
    event(.entry)
    for _ in 0..<Int.random(in: 0...60, using: &random) {
      let port = UInt64.random(in: 0x10...0x13, using: &random)
      event(.exit(0x7b, info1: port << 16 | 0x10))
      if Bool.random(using: &random) {
        event(.leave(to: 5, state: 0))
        event(.arrive(from: 5))
      }
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        let isKick = Int.random(in: 0..<5, using: &random) == 0
        event(.unload)
        event(.leaves(Self.io))
        call(.called(isKick ? -4 : 0))
        var trip = RoundTripRecord(u0: tsc, reason: Self.io, size: 1, flags: .write)
        trip.address = port
        if isKick { (trip.reason, trip.errno, trip.flags) = (RoundTripRecord.noReason, 4, .kick) }
        if Bool.random(using: &random) {
          call(.call(202))
          event(.leave(to: 5, state: 1))
          event(.arrive(from: 5))
          call(.called(0))
        }
        call(Self.run)
        trip.u1 = tsc
        trips.append(trip)
        event(.load)
      }
      event(.entry)
    }
    event(.exit(0x7b))
    event(.unload)
    event(.leaves(Self.io))
    call(.called(0))
    trips.append(RoundTripRecord(u0: tsc, address: 0x99, reason: Self.io, size: 1, flags: .write))

    var stamped = MemoryTrace()
    stamped.add(trips)
    stamped.add(kernel, blockSize: 7)
    stamped.setThread(1000)
    let expected = analyze(stamped)
    var attached = MemoryTrace()
    let merged = (kernel + calls).sorted { $0.tsc < $1.tsc }
    let split = Dictionary(grouping: merged.enumerated()) { _ in UInt32.random(in: 0...1, using: &random) }
    for (cpu, events) in split.sorted(by: { $0.key < $1.key }) {
      attached.add(events.map(\.element), cpu: cpu, blockSize: 5)
    }
    attached.setThread(1000)
    attached.addVCPU()
    let found = analyze(attached)
    #expect(found.totals.roundTrips == expected.totals.roundTrips)
    #expect(found.totals.kicks == expected.totals.kicks)
    #expect(found.totals.light == expected.totals.light)
    #expect(found.totals.time.wall == expected.totals.time.wall)
    #expect(found.totals.time.vmm == expected.totals.time.vmm)
    #expect(found.totals.parts == expected.totals.parts)
    #expect(found.totals.misplaced == 0 && found.totals.inversions == 0 && found.totals.unknown == 0)
    func figures(_ analysis: Analysis) -> [String] {
      analysis.sites.filter { $0.cycles.count > 0 }.map {
        "\($0.site) \($0.cycles) \(String(describing: $0.stages))"
      }
      .sorted()
    }
    #expect(figures(found) == figures(expected))
    #expect(found.vcpus.first?.kernel == expected.vcpus.first?.kernel)
  }
}
