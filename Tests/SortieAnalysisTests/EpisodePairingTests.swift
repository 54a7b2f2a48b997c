import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

@Suite struct EpisodePairingTests {
  private func tally(_ analysis: Analysis) throws -> EpisodeTally {
    try #require(analysis.vcpus.first?.kernel)
  }

  private func site(_ analysis: Analysis, _ name: String) throws -> SiteCost {
    try #require(analysis.sites.first { $0.site == name })
  }

  @Test func aHeavyExitHasItsFiveStages() throws {
    var life = KernelLife()
    life.heavy(1000)
    let found = life.analysis()
    let write = try site(found, "pio write 0xe0/4")
    let stages = try #require(write.stages)
    #expect(stages.population == .operations)
    #expect(stages.count == 1)
    #expect(stages.exitPath == 100)
    #expect(stages.switching == 90)
    #expect(stages.kernel == 130)
    #expect(stages.vmm == 60)
    #expect(stages.entryPath == 20)
    #expect(stages.whole == 400)
    #expect(stages.blocked == 0 && stages.offCPU == 0 && stages.guest == 0)
    #expect(write.meanSwitchCycles == 90)
    #expect(found.totals.episodes == 1)
    #expect(found.totals.light == 0)
    #expect(found.totals.exitEvents == 2)
    let kernel = try tally(found)
    #expect(kernel.heavy == 1)
    #expect(kernel.misplaced == 0 && kernel.inversions == 0)
  }

  @Test func theFirstEntryAndTheLastExitArePairedWithNothing() throws {
    let kernel = try tally(KernelLife().analysis())
    #expect(kernel.entries.paired == 0 && kernel.entries.unpaired == 1 && kernel.entries.lost == 0)
    #expect(kernel.exits.paired == 0 && kernel.exits.unpaired == 1 && kernel.exits.lost == 0)
    #expect(kernel.roundTrips.unpaired == 1)
    #expect(kernel.reentries == 0)
    #expect(kernel.unloads.paired == 1 && kernel.userspaceExits.paired == 1 && kernel.loads.paired == 1)
    #expect(kernel.misplaced == 0)
  }

  @Test func aLightExitIsARowOfTheKernel() throws {
    var life = KernelLife()
    for index in 0..<3 { life.light(1000 + 1000 * UInt64(index)) }
    let found = life.analysis(operation: "light")
    let row = try site(found, "vmmcall")
    #expect(row.reason == "SVM_EXIT_VMMCALL")
    #expect(row.tier == .kernel)
    #expect(row.interval == .exitToEntry)
    #expect(row.exitClass == .light)
    #expect(row.count == 3)
    #expect(row.cycles.p50 == 80)
    let stages = try #require(row.stages)
    #expect(stages.population == .operations)
    #expect(stages.exitPath == 100 && stages.kernel == 80 && stages.entryPath == 20)
    #expect(stages.switching == 0 && stages.vmm == 0)
    #expect(found.totals.light == 3)
    #expect(found.reasons.contains { $0.reason == "SVM_EXIT_VMMCALL" && $0.tier == .kernel && $0.count == 3 })
    #expect(try site(found, "guest w").stages == stages)
  }

  @Test func severalRoundTripsOfOneExitAreOneEpisode() throws {
    var life = KernelLife()
    life.event(1100, .exit(0x400))
    life.roundTrip(1150)
    life.roundTrip(1350)
    life.event(1600, .entry)
    life.spans.append(span(1000, 1650))
    let found = life.analysis()
    let kernel = try tally(found)
    #expect(kernel.episodes == 1 && kernel.heavy == 1)
    #expect(kernel.roundTrips.paired == 2)
    let stages = try #require(try site(found, "pio write 0xe0/4").stages)
    #expect(stages.exitPath == 100)
    #expect(stages.switching == 2 * 90)
    #expect(stages.vmm == 2 * 60)
    #expect(stages.kernel == 50 + 50 + 100)
    #expect(stages.entryPath == 50)
    #expect(stages.whole == 650)
  }

  @Test func aKickIsNoExitOfTheGuestsOwn() throws {
    var life = KernelLife()
    // A signal: out, and in again at once without an entry between.
    life.event(1100, .exit(KernelLife.interrupt))
    life.roundTrip(1150, flags: .kick)
    life.roundTrip(1350, flags: .kick)
    life.event(1600, .entry)
    let found = life.analysis()
    let kernel = try tally(found)
    #expect(kernel.kicked == 1 && kernel.heavy == 0 && kernel.light == 0)
    #expect(found.exits.first { $0.reason == "SVM_EXIT_INTR" }?.kicked == 1)
    #expect(found.exits.first { $0.reason == "SVM_EXIT_IOIO" }?.unpaired == 1)
    #expect(kernel.roundTrips.paired == 2)
    #expect(try site(found, "kick").stages == nil)
    #expect(found.totals.light == 0)
  }

  @Test func anEntryThatFollowsAnEntryIsAReentryAndNoPair() throws {
    var life = KernelLife()
    life.event(1000, .entry)
    life.event(2100, .entry)
    life.spans.append(span(2000, 2300))
    life.heavy(3000)
    let found = life.analysis()
    let kernel = try tally(found)
    #expect(kernel.reentries == 2)
    #expect(kernel.entries.unpaired == 3)
    #expect(kernel.episodes == 1)
    #expect(kernel.misplaced == 0)
    let staging = try #require(found.vms.first?.operation?.staging)
    #expect(staging.staged == 1 && staging.unstaged == 1 && staging.withoutExit == 0)
  }

  @Test func severalEpisodesOfOneOperationAddUpAndBelongToNoSite() throws {
    var life = KernelLife()
    life.event(1050, .exit(KernelLife.interrupt))
    life.event(1070, .entry)
    life.event(1100, .exit(KernelLife.io))
    life.roundTrip(1150)
    life.event(1380, .entry)
    life.spans.append(span(1000, 1400))
    let found = life.analysis()
    #expect(try tally(found).light == 1)
    let operation = try #require(found.vms.first?.operation)
    let stages = try #require(operation.withRoundTripsStages.first?.stages)
    #expect(stages.exitPath == 50)
    #expect(stages.guest == 30)
    #expect(stages.kernel == 20 + 130)
    #expect(stages.switching == 90 && stages.vmm == 60 && stages.entryPath == 20)
    #expect(stages.whole == 400)
    let write = try #require(try site(found, "pio write 0xe0/4").stages)
    #expect(write.population == .episodes)
    #expect(write.exitPath == nil && write.entryPath == nil)
    #expect(write.kernel == 130)
  }

  @Test func anOperationThatDidNotExitIsCountedAsSuch() throws {
    var life = KernelLife()
    life.spans.append(span(1000, 1100))
    life.light(2000)
    let staging = try #require(life.analysis(operation: "light").vms.first?.operation?.staging)
    #expect(staging.withoutExit == 1 && staging.staged == 1 && staging.unstaged == 0)
  }

  /// A range in which the entry of one exit and the exit of the next entry were lost: what is left would pair well.
  @Test func noPairIsMadeAcrossALoss() throws {
    var life = KernelLife()
    life.light(1000)
    life.light(1500)
    life.kernel.removeAll { (1180...1600).contains($0.tsc) }
    var trace = life.trace()
    let kernelStream = try #require(trace.rows(StreamRow.self).first { $0.kind == .kernel })
    trace.addLoss(kernelStream.stream, 1150, 1650, .kernelOverrun, count: 2)
    let found = analyze(trace)
    let kernel = try tally(found)
    #expect(kernel.episodes == 0)
    #expect(kernel.exits.lost == 1 && kernel.entries.lost == 1)
    #expect(kernel.exits.unpaired == 1 && kernel.entries.unpaired == 1)
    #expect(kernel.misplaced == 0)
    #expect(found.vms.first?.operation?.staging?.unstaged == 2)
    #expect(!found.sites.contains { $0.tier == .kernel })
    #expect((found.totals.parts?.unaccounted ?? 0) > 0)
  }

  /// The first records of the VMM were lost, the first entry among them.
  @Test func aTimelineThatBeginsInTheVMMGoesOnToTheNextLoad() throws {
    var life = KernelLife()
    life.trips = []
    life.heavy(1000)
    life.heavy(3000)
    var trace = life.trace()
    let vmm = try #require(trace.rows(StreamRow.self).first { $0.kind == .vmm }).stream
    trace.addLoss(vmm, 50, 1150, .ringFull, count: 1)
    let found = analyze(trace)
    let kernel = try tally(found)
    #expect(kernel.misplaced == 0)
    #expect(kernel.loads.paired == 2 && kernel.loads.unpaired == 0)
    // Load, entry, exit, unload and the exit to user space came before anything is known of the thread.
    #expect(kernel.outside == 5)
    #expect(kernel.heavy == 1)
    let parts = try #require(found.totals.parts)
    #expect(parts.vmm == 2 * 60 && parts.switchIn == 2 * 40)
    #expect(parts.accounted == found.totals.time.wall && parts.unaccounted == 0)
    #expect(try site(found, "pio write 0xe0/4").meanSwitchCycles == 90)
  }

  @Test func anExitThatFollowsAnExitWithoutALossIsMisplaced() throws {
    var life = KernelLife()
    life.event(1000, .exit(KernelLife.io))
    life.light(2000)
    let kernel = try tally(life.analysis())
    #expect(kernel.episodes == 1)
    #expect(kernel.exits.unpaired == 2)
    #expect(kernel.misplaced == 1)
  }

  @Test func aThreadThatChangesItsCPUIsFollowed() throws {
    var life = KernelLife()
    for index in 0..<20 { life.heavy(1000 + 1000 * UInt64(index)) }
    // It moves in the middle of the VMM's time, and often: each CPU has a stream, cut into blocks of its own.
    let found = analyze(life.trace { UInt32(($0.tsc + 790) / 1000 % 3) })
    let still = life.analysis()
    #expect(found.sites == still.sites)
    #expect(try tally(found) == tally(still))
    #expect(try tally(found).heavy == 20)
    #expect(found.totals.inversions == 0)
  }

  @Test func anExitOfAGuestsGuestIsASiteOfItsOwn() throws {
    var life = KernelLife()
    life.event(1000, .exit(0x72, level: 1))
    life.event(1100, .entry)
    life.event(1300, .exit(0x80))
    life.event(1450, .entry)
    life.event(1600, .exit(0x72))
    life.event(1650, .entry)
    let found = life.analysis()
    #expect(try site(found, "L2 cpuid").cycles.maximum == 100)
    #expect(try site(found, "vmrun").cycles.maximum == 150)
    #expect(try site(found, "cpuid").cycles.maximum == 50)
    #expect(found.totals.light == 3)
  }

  @Test func aStampBeforeItsPredecessorIsAnInversionAndPairsNothing() throws {
    var life = KernelLife()
    life.light(1000)
    life.event(2100, .exit(KernelLife.vmmcall))
    life.event(2050, .entry)
    life.light(3000)
    let kernel = try tally(life.analysis())
    #expect(kernel.inversions == 1)
    #expect(kernel.episodes == 2)
    #expect(kernel.exits.unpaired == 2)
  }

  @Test func reasonsOfBothVendorsAreNamedAndUnseenOnesAreNumbers() throws {
    var life = KernelLife()
    life.event(1000, .exit(48, isa: 1))
    life.event(1100, .entry)
    life.event(1200, .exit(0x80000000 | 33, isa: 1))
    life.event(1300, .entry)
    life.event(1400, .exit(0x9f0))
    life.event(1500, .entry)
    let found = life.analysis()
    #expect(try site(found, "ept violation").reason == "EXIT_REASON_EPT_VIOLATION")
    #expect(found.reasons.contains { $0.reason == "EXIT_REASON_INVALID_STATE (failed VM entry)" })
    #expect(try site(found, "unknown SVM 0x9f0").reason == "unknown SVM 0x9f0")
    #expect(found.totals.unknown == 1)
  }

  @Test func withoutExitsOfTheKernelNothingIsSaidOfStagesButTheSwitch() throws {
    var life = KernelLife()
    life.heavy(1000)
    life.kernel.removeAll { event in
      if case .exit = event.kind { return true }
      return event.kind == .entry
    }
    var trace = MemoryTrace()
    trace.add(life.trips + [trip(2000, 0, port: 0xf4)])
    trace.add(life.spans)
    trace.add(life.kernel + [KernelFixture(1950, .unload)])
    trace.setThread(1000)
    trace.setOffset(0)
    let found = analyze(trace)
    #expect(found.totals.episodes == nil)
    #expect(found.totals.light == nil)
    #expect(found.sites.allSatisfy { $0.stages == nil })
    let write = try site(found, "pio write 0xe0/4")
    #expect(write.meanSwitchCycles == 90)
    let parts = try #require(found.totals.parts)
    #expect(parts.guest == 0 && parts.kernel == 0)
    #expect(parts.undivided == 1040 + 650)
    #expect(parts.switchOut == 50 + 50)
    #expect(parts.switchIn == 10 + 40)
    #expect(parts.vmm == 60)
    #expect(parts.unaccounted == 0)
    #expect(found.vms.first?.operation?.staging == nil)
  }
}
