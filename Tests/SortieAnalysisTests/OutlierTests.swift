import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

/// Why the longest durations took so long; ordinary ones are a few hundred cycles.
@Suite struct OutlierTests {
  /// Twenty ordinary operations of both classes, and what `more` adds behind 50,000.
  private func trace(_ more: (inout KernelLife) -> Void) -> MemoryTrace {
    var life = KernelLife()
    for index in 0..<20 as Range<UInt64> {
      life.heavy(1000 + index * 1000)
      life.light(1500 + index * 1000)
    }
    more(&life)
    var trace = life.trace(operation: "light")
    trace.rows.append(ThreadRow(thread: 77, name: "kworker/3"))
    return trace
  }

  private func longest(
    _ tier: EvidenceTier, _ site: String, _ more: (inout KernelLife) -> Void
  ) throws -> Outlier {
    let row = try #require(analyze(trace(more)).sites.first { $0.tier == tier && $0.site == site })
    #expect(row.longest.count == min(5, Int(row.cycles.count)))
    let found = try #require(row.longest.first)
    #expect(found.cycles == row.cycles.maximum)
    return found
  }

  @Test func theThreadThatPreemptedIsNamed() throws {
    let more: (inout KernelLife) -> Void = { life in
      life.event(50_100, .exit(KernelLife.vmmcall))
      life.event(50_150, .leave(to: 78, state: 0))
      life.event(50_250, .arrive(from: 78))
      life.event(50_300, .leave(to: 77, state: 0x100))
      life.event(59_300, .arrive(from: 77))
      life.event(59_400, .entry)
      life.spans.append(span(50_000, 59_500))
    }
    for (tier, site, start) in [
      (.kernel, "vmmcall", 50_100), (.guest, "guest w", 50_000),
    ] as [(EvidenceTier, String, UInt64)] {
      let found = try longest(tier, site, more)
      #expect(found.tsc == start)
      #expect(found.cause == .preempted)
      #expect(found.causeCycles == 9100)
      #expect(found.preemptor == 77)
      #expect(found.preemptorName == "kworker/3")
    }
  }

  @Test func aStayInTheVMMKnowsItsDeviceAndItsPreemptions() throws {
    let slow = try longest(.vmm, "pio write 0xe0/4") { life in
      life.event(50_000, .exit(KernelLife.io))
      life.event(50_100, .unload)
      var record = trip(50_200, 59_200)
      (record.d0, record.d1) = (50_300, 59_100)
      life.trips.append(record)
      life.event(59_300, .load)
      life.event(59_400, .entry)
    }
    #expect(slow.cause == .device)
    #expect(slow.causeCycles == 8800)
    let waiting = try longest(.vmm, "pio write 0xe0/4") { life in
      life.event(50_000, .exit(KernelLife.io))
      life.event(50_100, .unload)
      life.trips.append(trip(50_200, 59_200))
      life.event(50_300, .leave(to: 0, state: 2))
      life.event(58_000, .woken)
      life.event(58_500, .arrive(from: 0))
      life.event(59_300, .load)
      life.event(59_400, .entry)
    }
    #expect(waiting.cause == .waited)
    #expect(waiting.causeCycles == 7700)
    #expect(waiting.preemptor == nil)
  }

  @Test(arguments: [
    (KernelLife.interrupt, Outlier.Cause.hostInterrupt), (0x400, .pageFault), (0x72, .unexplained),
  ])
  func anExitInsideExplainsAnOperation(reason: UInt32, cause: Outlier.Cause) throws {
    let found = try longest(.guest, "guest w") { life in
      life.event(50_100, .exit(reason))
      life.event(58_000, .entry)
      life.event(58_100, .exit(KernelLife.vmmcall))
      life.event(58_180, .entry)
      life.spans.append(span(50_000, 58_200))
    }
    #expect(found.cause == cause)
    #expect(found.causeCycles == (cause == .unexplained ? nil : 7900))
    #expect(found.place == .kernel)
    #expect(found.placeCycles == 7980)
  }

  @Test func anInterruptExplainsWhatItsHandlerTookBeforeTheExitWasReported() throws {
    let found = try longest(.guest, "guest w") { life in
      life.event(58_000, .exit(KernelLife.interrupt))
      life.event(58_050, .entry)
      life.event(58_100, .exit(KernelLife.vmmcall))
      life.event(58_180, .entry)
      life.spans.append(span(50_000, 58_200))
    }
    #expect(found.cause == .hostInterrupt)
    #expect(found.causeCycles == 50)
  }

  @Test func aHaltIsTheCauseOfWhatItTakes() throws {
    let found = try longest(.guest, "guest w") { life in
      life.event(50_100, .exit(0x78))
      life.event(50_200, .leave(to: 0, state: 1))
      life.event(58_000, .arrive(from: 0))
      life.event(58_100, .entry)
      life.spans.append(span(50_000, 58_200))
    }
    #expect(found.cause == .halt)
    #expect(found.causeCycles == 7800)
  }

  @Test func withoutThreadSwitchesTheCauseIsUnknownAndNotMissing() throws {
    var trace = MemoryTrace()
    trace.add([entry(100), trip(1000, 1100), trip(2000, 90_000), trip(100_000, 0)])
    trace.add([span(900, 1200), span(1900, 91_000)])
    trace.setOffset(0)
    for site in analyze(trace).sites {
      #expect(site.longest.map(\.cause) == [.unknown, .ordinary].suffix(site.longest.count))
      #expect(site.longest.allSatisfy { $0.causeCycles == nil })
    }
    let operation = try #require(analyze(trace).sites.first { $0.tier == .guest })
    #expect(operation.longest.first?.place == .vmm)
    #expect(operation.longest.first?.placeCycles == 88_000)
  }
}
