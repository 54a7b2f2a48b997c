import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

@Suite struct EpisodePropertyTests {
  private static let details: [KernelFixture.Kind] = [
    .detail(.msr, [.number: 0x10, .flags: 1]), .detail(.hypercall, [.number: 1]),
    .detail(.pageFault, [.address: 0x1000]),
  ]

  /// A vCPU that really ran, on several CPUs, with light and heavy exits, kicks, re-entries and preemptions; then losses
  /// take events out of its streams. What exited and came back is known from the construction, and how long the thread
  /// ran, which the scheduler counts.
  @Test(arguments: 0..<300) func noPairIsInventedAndEveryEventIsAccounted(seed: Int) throws {
    var random = SeededGenerator(state: UInt64(seed) << 8)
    var life = KernelLife()
    var tsc: UInt64 = 1000
    var truth: [ClosedRange<UInt64>] = []
    var (asleep, queued): (UInt64, UInt64) = (0, 0)
    func wait(_ range: ClosedRange<UInt64>) { tsc += UInt64.random(in: range, using: &random) }
    func perhapsDetailed() {
      guard Int.random(in: 0..<4, using: &random) == 0 else { return }
      wait(1...5)
      life.event(tsc, Self.details.randomElement(using: &random) ?? .entry)
    }
    func perhapsPreempted() {
      perhapsDetailed()
      guard Int.random(in: 0..<8, using: &random) == 0 else { return }
      wait(1...20)
      let state: UInt64 = [0, 1, 2, 0x100].randomElement(using: &random) ?? 0
      life.event(tsc, .leave(to: 77, state: state))
      var left = tsc
      let sleeps = state == 1 || state == 2
      wait(1...200)
      if sleeps {
        asleep += tsc - left
        left = tsc
        life.event(tsc, .woken)
        wait(1...200)
      }
      queued += tsc - left
      life.event(tsc, .arrive(from: 77))
    }
    for _ in 0..<Int.random(in: 0...60, using: &random) {
      wait(20...300)
      let start = tsc
      if Int.random(in: 0..<10, using: &random) == 0 {
        wait(1...50)
        life.event(tsc, .entry)
      } else {
        wait(1...50)
        let k0 = tsc
        life.event(
          k0, .exit([KernelLife.io, KernelLife.vmmcall, 0x78, 0x60].randomElement(using: &random) ?? 0))
        perhapsPreempted()
        for _ in 0..<[0, 0, 1, 1, 2].randomElement(using: &random, or: 0) {
          wait(5...60)
          life.roundTrip(tsc, flags: Int.random(in: 0..<6, using: &random) == 0 ? .kick : .write)
          tsc += 150
          perhapsPreempted()
        }
        wait(5...60)
        life.event(tsc, .entry)
        truth.append(k0...tsc)
      }
      wait(1...50)
      if Bool.random(using: &random) { life.spans.append(span(start, tsc)) }
    }
    life.end = tsc + 500
    var losses: [ClosedRange<UInt64>] = []
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let first = UInt64.random(in: 0...tsc + 600, using: &random)
      losses.append(first...first + UInt64.random(in: 0...400, using: &random))
    }
    let lost = life.kernel.filter { event in losses.contains { $0.contains(event.tsc) } }
    life.kernel.removeAll { lost.contains($0) }
    let cpus = UInt64.random(in: 1...3, using: &random)
    var trace = life.trace(blockSize: Int.random(in: 1...40, using: &random)) { event in
      UInt32(event.tsc / 700 % cpus)
    }
    let streams = trace.rows(StreamRow.self).filter { $0.kind == .kernel }.map(\.stream)
    for (index, loss) in losses.enumerated() {
      trace.addLoss(
        streams[index % streams.count], loss.lowerBound, loss.upperBound, .kernelOverrun)
    }

    // From 50 before the first `KVM_RUN` to 50 after the last.
    let window = life.end + 100 - 50
    trace.addSchedulerReadings(
      50, life.end + 100, onCPU: window - asleep - queued, runDelay: queued, timeslices: 1)

    let found = analyze(trace)
    let tally = try #require(found.vcpus.first?.kernel)
    let agreement = try #require(found.totals.scheduler)
    #expect(agreement.difference == 0)
    #expect(agreement.onCPUDifference == 0)
    let whole = truth.filter { episode in !losses.contains { $0.overlaps(episode) } }
    #expect(tally.episodes == UInt64(whole.count))
    #expect(tally.light + tally.heavy + tally.kicked == tally.episodes)
    let light = found.sites.filter { $0.tier == .kernel }
    #expect(light.reduce(0) { $0 + $1.count } == tally.light)
    #expect(light.reduce(0) { $0 + $1.cycles.sum } <= whole.reduce(0) { $0 + $1.upperBound - $1.lowerBound })
    // Every event that is in the trace, and the three of the last exit, once.
    #expect(tally.events == UInt64(life.kernel.count + 3))
    #expect(tally.roundTrips.total == UInt64(life.trips.count))
    #expect(tally.inversions == 0)
    if losses.isEmpty {
      #expect(tally.misplaced == 0)
      #expect(found.totals.parts?.unaccounted == 0)
    }
    let parts = try #require(found.totals.parts)
    #expect(parts.accounted + parts.unaccounted == life.end + 50 - 100)
  }

  /// Events that no kernel writes: nothing may crash, each is still counted once, and each cycle is in one part.
  @Test(arguments: 0..<300) func anyEventsAreAccounted(seed: Int) throws {
    var random = SeededGenerator(state: UInt64(seed) << 16)
    var life = KernelLife()
    func stamp() -> UInt64 {
      switch Int.random(in: 0..<20, using: &random) {
      case 0: .max - UInt64.random(in: 0...3, using: &random)
      case 1: UInt64.random(in: 0...(.max), using: &random)
      default: UInt64.random(in: 1...5000, using: &random)
      }
    }
    for _ in 0..<Int.random(in: 0...60, using: &random) {
      let kinds: [KernelFixture.Kind] = [
        .exit(UInt32.random(in: 0...(.max), using: &random), isa: stamp(), level: stamp()), .exit(0x81),
        .entry,
        .entry, .load, .unload, .userspace, .wakeup(stamp()), .leave(to: 5, state: stamp()), .arrive(from: 5),
        .woken,
      ]
      life.event(stamp(), (kinds + Self.details).randomElement(using: &random) ?? .entry)
    }
    for _ in 0..<Int.random(in: 0...20, using: &random) { life.trips.append(trip(max(1, stamp()), stamp())) }
    for _ in 0..<Int.random(in: 0...20, using: &random) { life.spans.append(span(stamp(), stamp())) }
    life.end = stamp() / 2
    var trace = life.trace(blockSize: 7) { UInt32($0.tsc % 3) }
    if Bool.random(using: &random) { trace.addLoss(StreamID(rawValue: 3), stamp(), stamp()) }
    if Bool.random(using: &random) {
      trace.addSchedulerReadings(
        stamp(), stamp(), onCPU: stamp(), runDelay: stamp(), timeslices: stamp())
    }
    trace.rows.shuffle(using: &random)
    let found = analyze(trace)
    let tally = try #require(found.vcpus.first?.kernel)
    #expect(tally.events == UInt64(life.kernel.count + 3))
    #expect(tally.roundTrips.total == UInt64(life.trips.count))
  }
}

extension Array {
  fileprivate func randomElement(using random: inout SeededGenerator, or other: Element) -> Element {
    randomElement(using: &random) ?? other
  }
}
