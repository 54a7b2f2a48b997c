import SortieAnalysis
import SortieTrace
import Testing
import TraceFixtures

/// Traces of which `--max-size` left out the beginning.
@Suite struct CutTests {
  private static let life: [KernelFixture] = (1...400).flatMap { index -> [KernelFixture] in
    let tsc = UInt64(index) * 1000
    return [KernelFixture(tsc, .exit(0x81)), KernelFixture(tsc + 50, .entry)]
  }

  /// The events on two CPUs in turns, those of each from some stamp on; what came before is declared.
  private func trace(_ cuts: [UInt64]) -> MemoryTrace {
    var trace = MemoryTrace()
    for cpu in 0..<2 {
      let all = Self.life.filter { $0.tsc / 10_000 % 2 == UInt64(cpu) }
      let stream = trace.add(all.filter { $0.tsc >= cuts[cpu] }, cpu: UInt32(cpu), blockSize: 7)
      let before = all.filter { $0.tsc < cuts[cpu] }
      guard let first = before.first, let last = before.last else { continue }
      trace.addLoss(stream, first.tsc, last.tsc, .sizeLimit, count: UInt64(before.count))
    }
    trace.rows += [
      EventFormatRow(event: 90, name: "raw_syscalls/sys_enter", format: ""),
      EventFormatRow(event: 91, name: "raw_syscalls/sys_exit", format: ""),
      VCPURow(vcpu: 0, vm: 0),
    ]
    trace.setThread(1000)
    return trace
  }

  @Test(arguments: [[100_000, 100_000], [50_000, 130_000], [210_000, 0]] as [[UInt64]])
  func figuresBeginWhereAllStreamsHaveTheirEvents(cuts: [UInt64]) throws {
    let found = analyze(trace(cuts))
    let declared = trace(cuts).losses
    let begins = try #require(declared.map(\.lastTSC).max())
    let rest = Self.life.filter { $0.tsc > begins }
    #expect(found.totals.cutEvents == declared.reduce(0) { $0 + ($1.count ?? 0) })
    #expect(found.totals.lost == 0 && found.totals.lossesOfUnknownCount == 0)
    #expect(found.totals.misplaced == 0 && found.totals.inversions == 0)
    let exits = rest.count { if case .exit = $0.kind { true } else { false } }
    #expect(found.totals.exitEvents.map { Int($0) } == exits)
    let (first, last) = (try #require(rest.first?.tsc), try #require(rest.last?.tsc))
    #expect(found.totals.time.wall == last - first)
    #expect(found.totals.parts?.accounted == last - first)
    func state(_ name: TrustCheck.Name) -> TrustCheck.State? { found.checks.first { $0.name == name }?.state }
    #expect(state(.timeClosure) == .ok && state(.losses) == .ok && state(.exitCount) == .unknown)
    #expect(found.ledger.contains { $0.kind == .missing && $0.text.contains("--max-size") })
    #expect(found.losses.allSatisfy { $0.cause == .sizeLimit } && !found.losses.isEmpty)
  }

  @Test func aLossInWhatWasLeftOutAnywayIsNone() {
    var cut = trace([100_000, 100_000])
    cut.addLoss(StreamID(rawValue: 1), 20_000, 30_000, .kernelOverrun)
    #expect(analyze(cut).totals.lossesOfUnknownCount == 0)
    cut.addLoss(StreamID(rawValue: 1), 120_000, 130_000, .kernelOverrun)
    #expect(analyze(cut).totals.lossesOfUnknownCount == 1)
  }
}
