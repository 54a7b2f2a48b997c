import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

@Suite struct TimeTests {
  private func time(_ change: (inout VCPUTime) -> Void) -> VCPUTime {
    var time = VCPUTime()
    (time.first, time.last) = (1000, 2000)
    change(&time)
    return time
  }

  @Test func whatIsMissingAndWhatIsTooMuchAreToldApart() {
    let short = time { ($0.vmm, $0.kvmRun) = (300, 600) }
    #expect(short.unaccounted == 100 && short.overcounted == 0)
    let closed = time { ($0.vmm, $0.kvmRun) = (400, 600) }
    #expect(closed.unaccounted == 0 && closed.overcounted == 0)
    let long = time { ($0.vmm, $0.kvmRun) = (700, 600) }
    #expect(long.unaccounted == 0 && long.overcounted == 300)
  }

  @Test func sumsThatDoNotFitAreNoClosure() {
    let time = time { ($0.vmm, $0.kvmRun) = (.max, 5) }
    #expect(time.unaccounted == 0)
    #expect(time.overcounted == UInt64.max - 1000)
  }

  @Test func overlappingRoundTripsAreAWarning() {
    var trace = MemoryTrace()
    trace.add([entry(100), trip(1000, 1400), trip(1100, 1500), trip(100_000, 0)])
    let found = analyze(trace)
    #expect(found.totals.time.wall == 99_900)
    #expect(found.totals.time.overcounted == 300)
    #expect(found.totals.time.unaccounted == 0)
    #expect(found.ledger.contains { $0.kind == .warning && $0.text.contains("counted twice") })
  }

  @Test func aClosedTimeIsNoWarning() {
    var trace = MemoryTrace()
    trace.add([entry(100), trip(1000, 1400), trip(100_000, 0)])
    #expect(!analyze(trace).ledger.contains { $0.text.contains("counted twice") })
  }

  @Test func theRateIsThatOfTheWholeVM() throws {
    // Two vCPUs side by side, and a second VM later: 1,000,000 kHz, so that a cycle is a nanosecond.
    var trace = MemoryTrace()
    for (vcpu, first) in [(UInt32(0), UInt64(1000)), (1, 501_000)] {
      trace.add([entry(first), trip(first + 100, first + 200), trip(first + 500_000, 0)], vcpu: vcpu)
    }
    trace.add([entry(5_000_000), trip(5_000_100, 5_000_200), trip(5_100_000, 0)], vm: 1)
    let sites = analyze(trace).sites.filter { $0.site == "pio write 0xe0/4" }
    #expect(sites.first { $0.vm == 0 }?.count == 4)
    #expect(sites.first { $0.vm == 0 }?.rate == 4 / 1e-3)
    #expect(sites.first { $0.vm == 1 }?.rate == 2 / 100e-6)
    // The share is of the time of both threads.
    #expect(sites.first { $0.vm == 0 }?.vcpuTimeShare == 200.0 / 1_000_000)
  }

  @Test func lossesThatDoNotFitAddUpToTheLargestNumber() {
    var trace = MemoryTrace()
    let stream = trace.add([entry(100), trip(1000, 1400)])
    trace.addLoss(stream, 10, 20, count: .max - 1)
    trace.addLoss(stream, 30, 40, count: 5)
    let found = analyze(trace)
    #expect(found.totals.lost == .max)
    #expect(found.ledger.contains { $0.text.hasPrefix("Lost: \(grouped(.max)) events in 2 ranges") })
  }
}
