import Testing
import WorkloadCatalog

extension LiveTests {
  /// Counts in the trace against what the catalog declares for this kind of host.
  @Suite struct RoundTripTests {
    @Test(arguments: LiveHost.workloads)
    func aWorkloadsRoundTripsAreThoseItDeclaresAndAllReported(name: String) throws {
      let workload = try #require(Workload.named(name))
      let recording = try Recording(name, iterations: workload.testIterations)
      try #require(recording.result.status == 0, "\(recording.result.messages)")
      let events = try recording.events()
      let report = try recording.report()
      try expectDeclared(events, workload)
      expectSameCounts(report, events)
      try expectNothingMissing(recording, report.totals)
    }

    private func expectDeclared(_ events: [DumpedEvent], _ workload: Workload) throws {
      let iterations = workload.testIterations
      let expected = workload.expectation(on: try #require(LiveHost.kind)).roundTrips
      var made: [UInt32: UInt64] = [:]
      for event in events where event.isHeavy { made[try #require(event.reasonNumber), default: 0] += 1 }
      for (reason, count) in expected {
        let total = count.total(iterations: iterations)
        #expect(total.contains(made[reason.rawValue] ?? 0), "\(reason.name)")
      }
      #expect(Set(made.keys).isSubset(of: expected.keys.map(\.rawValue)))
      #expect(events.count { $0.isOperation } == Int(iterations))
      guard workload.name == "pio-coalesced" else { return }
      let writes = events.count { $0.site?.hasPrefix("pio write 0xe8/4") == true }
      #expect(writes == Int(iterations), "batched or not, no write is missing")
    }

    private func expectSameCounts(_ report: ReportDocument, _ events: [DumpedEvent]) {
      let totals = report.totals
      #expect(report.schema == "sortie.report/1")
      #expect(report.host.emulatedGuestCode == (LiveHost.kind?.execution == .emulated))
      #expect(totals.heavy == UInt64(events.count { $0.isHeavy }))
      #expect(totals.kicks == UInt64(events.count { $0.isKick }))
      #expect(totals.roundTrips == totals.heavy + totals.kicks)
      #expect(totals.coalesced == UInt64(events.count { $0.isCoalesced }))
      #expect(totals.operations == UInt64(events.count { $0.isOperation }))
      #expect(totals.light == nil && totals.episodes == nil, "unknown without kernel events, not zero")

      var sites: [String: UInt64] = [:]
      for event in events where event.isHeavy || event.isCoalesced {
        sites["\(event.class ?? "") \(event.reason ?? "") \(event.site ?? "")", default: 0] += 1
      }
      for site in report.sites where site.tier == "vmm" && site.class != "kick" {
        #expect(sites.removeValue(forKey: "\(site.class) \(site.reason) \(site.site)") == site.count)
      }
      #expect(sites.isEmpty, "in the dump and not in the report")
    }

    private func expectNothingMissing(_ recording: Recording, _ totals: ReportDocument.Totals) throws {
      let info = try recording.info()
      #expect(info.finished)
      #expect(info.damage.isEmpty)
      #expect(totals.lost == 0 && totals.lossesOfUnknownCount == 0)
      #expect(totals.unknown == 0)
      #expect(totals.inversions == 0)
      #expect(totals.unstamped == 0)
      let check = try Subprocess("zstd", ["-t", recording.path]).wait(limit: 10)
      #expect(check.status == 0, "\(check.messages)")
    }

    @Test func bothProcessorsOfATwoVCPUGuestAreRecorded() throws {
      let recording = try Recording("ipi", iterations: 100)
      try #require(recording.result.status == 0, "\(recording.result.messages)")
      let events = try recording.events()
      #expect(events.filter { $0.firstEntry == true }.map(\.vcpu).sorted() == [0, 1])
      // The sender's write to the debug exit port stops the receiver, which halts: a kick.
      #expect(events.contains { $0.vcpu == 0 && $0.isHeavy })
      #expect(events.contains { $0.vcpu == 1 && $0.isKick })
      #expect(try recording.report().vcpus.map(\.vcpu) == [0, 1])
    }

    @Test(arguments: ["pio-ioeventfd", "mmio-ioeventfd"])
    func everyWriteOfTheGuestSignalsTheEventFD(name: String) throws {
      let recording = try Recording(name, iterations: 300)
      let vm = try #require(try recording.report().vms.first)
      let used = name.hasPrefix("pio") ? "ioeventfd_port_signals" : "ioeventfd_memory_signals"
      let other = name.hasPrefix("pio") ? "ioeventfd_memory_signals" : "ioeventfd_port_signals"
      #expect(vm[used] == "300")
      #expect(vm[other] == "0")
    }

    @Test func everyCharacterOfTheGuestReachesTheConsole() throws {
      let directory = try TemporaryDirectory()
      let recording = try Recording("pio-uart", iterations: 321, ["--console", directory.file("console")])
      #expect(recording.result.status == 0)
      #expect(try directory.read("console") == [UInt8](repeating: UInt8(ascii: "."), count: 321))
    }
  }
}
