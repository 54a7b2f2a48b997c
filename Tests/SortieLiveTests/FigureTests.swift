import Testing

extension LiveTests {
  /// The report's figures against the same computed here from the dump, by sorting.
  @Suite struct FigureTests {
    @Test(arguments: ["pio-write", "mmio-read", "pio-string", "msr-filtered"])
    func sharesAndPercentilesOfASiteAreThoseOfItsEvents(name: String) throws {
      let recording = try Recording(name, iterations: name == "pio-string" ? 150 : 1500)
      let events = try recording.events().filter { !$0.isOperation }
      let report = try recording.report()
      let wall = try wallCycles(events)
      let sites = report.sites.filter { $0.tier == "vmm" && $0.class == "heavy" }
      #expect(sites.count == 2, "the workload's own and the debug exit port")
      for site in sites {
        #expect(site.interval == "vmm")
        let durations = events.filter { $0.isHeavy && $0.site == site.site }.compactMap(\.duration).sorted()
        expect(site.cycles, of: durations)
        guard let share = site.vcpuTimeShare else {
          #expect(durations.isEmpty)
          continue
        }
        #expect(!durations.isEmpty)
        #expect(abs(share - Double(durations.reduce(0, +)) / Double(wall)) <= 1e-9)
      }
    }

    @Test func theCostOfALightOperationIsThatOfTheGuestsSpansWithoutAKick() throws {
      let recording = try Recording("cpuid", iterations: 1500)
      let events = try recording.events()
      let returns = events.compactMap { $0.isOperation ? nil : $0.u0 }
      let spans = try events.filter(\.isOperation).map { (try #require($0.hostG0), try #require($0.hostG1)) }
      let undisturbed = spans.filter { span in !returns.contains { $0 >= span.0 && $0 <= span.1 } }
      #expect(undisturbed.count > 1000)
      let operation = try #require(try recording.report().vms.first?.operation)
      expect(operation.withoutRoundTripCycles, of: undisturbed.map { $1 - $0 }.sorted())
      #expect(operation.withRoundTripsCycles.timed == 0)
    }

    @Test func anOperationsSplitIsThatOfTheStampsInside() throws {
      let recording = try Recording("pio-write", iterations: 1500)
      let events = try recording.events()
      let trips = events.filter { !$0.isOperation && $0.firstEntry != true }
      var parts: [(toHost: UInt64, vmm: UInt64, toGuest: UInt64)] = []
      for span in events where span.isOperation {
        let (g0, g1) = (try #require(span.hostG0), try #require(span.hostG1))
        let inside = trips.filter { ($0.u0 ?? 0) >= g0 && ($0.u0 ?? 0) <= g1 }
        guard inside.count == 1, inside[0].isHeavy, let u0 = inside[0].u0, let u1 = inside[0].u1 else {
          continue
        }
        parts.append((u0 - g0, u1 - u0, g1 - u1))
      }
      #expect(parts.count > 1400)
      let split = try #require(try recording.report().sites.compactMap(\.split).first)
      #expect(split.operations == UInt64(parts.count))
      expect(split.guestToHost, of: parts.map(\.toHost).sorted())
      expect(split.vmm, of: parts.map(\.vmm).sorted())
      expect(split.hostToGuest, of: parts.map(\.toGuest).sorted())
    }

    /// From the first entry of the vCPU to its last return.
    private func wallCycles(_ events: [DumpedEvent]) throws -> UInt64 {
      let first = try #require(events.first { $0.firstEntry == true }?.u1)
      let last = try #require(events.flatMap { [$0.u0, $0.u1] }.compactMap(\.self).max())
      return last - first
    }

    private func expect(_ cycles: ReportDocument.Cycles, of sorted: [UInt64]) {
      #expect(cycles.timed == UInt64(sorted.count))
      #expect(cycles.sum == (sorted.isEmpty ? nil : sorted.reduce(0, +)))
      #expect(cycles.max == sorted.last)
      expectPercentile(cycles.p50, 500, of: sorted, least: 1)
      expectPercentile(cycles.p90, 900, of: sorted, least: 10)
      expectPercentile(cycles.p99, 990, of: sorted, least: 100)
      expectPercentile(cycles.p999, 999, of: sorted, least: 1000)
    }

    private func expect(_ part: ReportDocument.Part, of sorted: [UInt64]) {
      let mean = Double(sorted.reduce(0, +)) / Double(sorted.count)
      #expect(abs((part.meanCycles ?? 0) - mean) <= mean * 1e-9)
      expectPercentile(part.p50Cycles, 500, of: sorted, least: 1)
    }

    /// Nearest rank; a histogram of three significant digits gives the upper end of the value's bucket.
    private func expectPercentile(_ reported: UInt64?, _ perMille: Int, of sorted: [UInt64], least: Int) {
      guard sorted.count >= least else {
        #expect(reported == nil, "too few for p\(perMille)")
        return
      }
      let exact = sorted[max(1, (sorted.count * perMille + 999) / 1000) - 1]
      #expect((exact...(exact + exact / 1000 + 1)).contains(reported ?? 0), "p\(perMille) is \(exact)")
    }
  }
}
