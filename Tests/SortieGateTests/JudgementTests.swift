import Glibc
import SortieGate
import SortieStatistics
import Testing

/// Rounds of pairs around a change, with some noise.
private func pairs(
  change: Double, noise: Double, rounds: Int = 20, _ generator: inout SeededGenerator
) -> GroupedSample {
  GroupedSample(
    rounds: (0..<rounds).map { _ in
      (0..<4).map { _ in
        log(1 + change)
          + noise * NormalDistribution.quantile(Double.random(in: 1e-9..<1 - 1e-9, using: &generator))
      }
    })
}

/// Rounds of two quartets of blocks, of which the new side's are dearer by a change, with some noise in the logarithm of
/// each.
private func blocks(
  change: Double, noise: Double, rounds: Int = 20, _ generator: inout SeededGenerator
) -> MeasuredBlocks {
  func cycles(_ factor: Double) -> [UInt64] {
    (0..<2).map { _ in
      let value = NormalDistribution.quantile(Double.random(in: 1e-9..<1 - 1e-9, using: &generator))
      return UInt64(1e6 * factor * exp(noise * value))
    }
  }
  var blocks = MeasuredBlocks()
  for _ in 0..<rounds {
    blocks.beginRound()
    for _ in 0..<2 { blocks.append(old: cycles(1), new: cycles(1 + change)) }
  }
  return blocks
}

private func verdict(change: Double, noise: Double, rounds: Int = 20, seed: UInt64 = 1) -> CycleJudgement {
  var generator = SeededGenerator(seed: seed)
  let measured = blocks(change: change, noise: noise, rounds: rounds, &generator)
  let evidence = CycleEvidence("op", paired: measured, tolerance: 0.02, using: &generator)
  return CycleJudgement.judge([evidence])[0]
}

struct CycleJudgementTests {
  @Test(
    "a change beyond the tolerance is a regression, one within it passes, the other way it is an improvement")
  func sides() {
    #expect(verdict(change: 0.05, noise: 0.01).verdict == .regression)
    #expect(verdict(change: 0.0, noise: 0.01).verdict == .pass)
    #expect(verdict(change: 0.01, noise: 0.005).verdict == .pass)
    #expect(verdict(change: -0.05, noise: 0.01).verdict == .improvement)
  }

  @Test(
    "noise that hides the change makes it inconclusive, and the smallest change it could have seen says so")
  func noise() throws {
    let judgement = verdict(change: 0.03, noise: 0.2)
    #expect(judgement.verdict == .inconclusive)
    #expect(try #require(judgement.smallestDetectable) > 0.1)
    let quiet = verdict(change: 0.03, noise: 0.001)
    #expect(quiet.verdict == .regression)
    #expect(try #require(quiet.smallestDetectable) < 0.022)
  }

  @Test("fewer rounds than bear an interval are inconclusive, with the reason and without figures")
  func tooFew() {
    let judgement = verdict(change: 0.5, noise: 0.01, rounds: 4)
    #expect(judgement.verdict == .inconclusive && judgement.low == nil && judgement.reason != nil)
  }

  @Test(
    "few rounds alone are no proof of a regression, however clear they look: the permutation test cannot agree"
  )
  func fewRounds() {
    let few = verdict(change: 0.5, noise: 0.001, rounds: 8)
    #expect(few.verdict == .inconclusive && few.smallestDetectable == nil)
    #expect(few.reason?.contains("too few") == true)
    #expect(verdict(change: 0.5, noise: 0.001, rounds: 18).verdict == .regression)
  }

  @Test("of operations that did not change, in noise as wide as the tolerance, none is called a regression")
  func falseAlarms() {
    var generator = SeededGenerator(seed: 9)
    var alarms = 0
    for _ in 0..<5 {
      let evidence = (0..<5).map { index in
        let measured = blocks(change: 0, noise: 0.02, rounds: 8, &generator)
        return CycleEvidence("\(index)", paired: measured, tolerance: 0.02, using: &generator)
      }
      if CycleJudgement.judge(evidence).contains(where: { $0.verdict == .regression }) { alarms += 1 }
    }
    #expect(alarms == 0)
  }

  @Test("probabilities are corrected for the number of tests, two of each operation")
  func correction() throws {
    var generator = SeededGenerator(seed: 3)
    let measured = blocks(change: 0.03, noise: 0.03, rounds: 12, &generator)
    let evidence = CycleEvidence("one", paired: measured, tolerance: 0.02, using: &generator)
    let least = try #require(evidence.effects.map(\.pValue).min())
    let alone = CycleJudgement.judge([evidence])[0]
    let among = CycleJudgement.judge(Array(repeating: evidence, count: 5))[4]
    for (judgement, tests) in [(alone, 2.0), (among, 10.0)] {
      let values = [judgement.undisturbed?.pValue, judgement.mean?.pValue].compactMap(\.self)
      #expect(abs(try #require(values.min()) - min(1, tests * least)) < 1e-12)
    }
  }

  @Test(
    "against a baseline of fewer than three sessions nothing is told, and the message says how to add one")
  func sessions() throws {
    var generator = SeededGenerator(seed: 4)
    // Of some 10,000 cycles one is nothing.
    let old = (0..<3).map { _ in pairs(change: 9999, noise: 0.001, &generator) }
    let new = pairs(change: 11_999, noise: 0.001, &generator)
    let few = CycleEvidence("op", new: new, sessions: Array(old[..<2]), tolerance: 0.02, using: &generator)
    #expect(CycleJudgement.judge([few])[0].verdict == .inconclusive)
    #expect(try #require(few.obstacle).contains("--append"))
    let enough = CycleEvidence("op", new: new, sessions: old, tolerance: 0.02, using: &generator)
    #expect(CycleJudgement.judge([enough])[0].verdict == .regression)
  }

  @Test("sessions that lie far apart make a change between sessions inconclusive")
  func wanderingSessions() {
    var generator = SeededGenerator(seed: 5)
    let old = [-0.2, 0, 0.2].map { pairs(change: $0, noise: 0.01, &generator) }
    let new = pairs(change: 0.2, noise: 0.01, &generator)
    let evidence = CycleEvidence("op", new: new, sessions: old, tolerance: 0.02, using: &generator)
    #expect(CycleJudgement.judge([evidence])[0].verdict == .inconclusive)
  }
}

struct CountJudgementTests {
  private let io = ExitKey(.roundTrip, "KVM_EXIT_IO")
  private let cpuid = ExitKey(.light, "SVM_EXIT_CPUID")
  private let host = ExitKey(.light, "SVM_EXIT_INTR")

  private func census(_ runs: [[ExitKey: UInt64]], iterations: UInt64 = 1000) -> ExitCensus {
    ExitCensus(iterations: iterations, kinds: [.roundTrip, .light, .heavy], runs: runs)
  }

  @Test("one exit more in 1,000 operations is a regression, one fewer an improvement")
  func oneMore() {
    let budget = census([[io: 1001], [io: 1001], [io: 1001]])
    func verdict(_ count: UInt64) -> GateVerdict {
      CountJudgement("op", new: census([[io: count]]), budget: budget).verdict
    }
    #expect(verdict(1001) == .pass)
    #expect(verdict(1002) == .regression)
    #expect(verdict(1000) == .improvement)
  }

  @Test("what noise adds to some runs only is no regression")
  func noise() {
    let budget = census([[cpuid: 1000], [cpuid: 1003]])
    let new = census([[cpuid: 1004], [cpuid: 1002]])
    #expect(CountJudgement("op", new: new, budget: budget).verdict == .pass)
  }

  @Test("runs are noisy that differ in what the operation causes, not in what the host does")
  func noisyRuns() {
    #expect(census([[cpuid: 1000], [cpuid: 1001]]).isNoisy && census([[cpuid: 1], [:]]).isNoisy)
    #expect(!census([[cpuid: 1000, host: 3], [cpuid: 1000]]).isNoisy && !census([]).isNoisy)
  }

  @Test("a reason that was not there is a regression; the host's own interrupts are not")
  func newReasons() {
    let budget = census([[cpuid: 1000]])
    let new = census([[cpuid: 1000, host: 70]])
    #expect(CountJudgement("op", new: new, budget: budget).verdict == .pass)
    let other = census([[cpuid: 1000, ExitKey(.light, "SVM_EXIT_MSR"): 1]])
    let judgement = CountJudgement("op", new: other, budget: budget)
    #expect(judgement.verdict == .regression)
    #expect(judgement.changes.filter { $0.verdict == .regression }.map(\.key.reason) == ["SVM_EXIT_MSR"])
  }

  @Test("how often an interrupt comes while none can be taken may change with the host's load")
  func interruptWindows() {
    let window = ExitKey(.light, "SVM_EXIT_VINTR")
    func verdict(_ counts: [UInt64], against budget: [UInt64]) -> GateVerdict {
      CountJudgement(
        "op", new: census(counts.map { [window: $0] }), budget: census(budget.map { [window: $0] })
      ).verdict
    }
    #expect(verdict([13, 46], against: [1, 12]) == .pass)
    #expect(verdict([63, 80], against: [1, 12]) == .regression)
    #expect(verdict([1, 12], against: [63, 80]) == .improvement)
    #expect(verdict([1001], against: [1000, 1000]) == .regression, "one each time is a fixed number")
  }

  @Test("a light exit is found where the budget had none at all, because someone counted")
  func firstLightExit() {
    let budget = census([[io: 1001]])
    #expect(CountJudgement("op", new: census([[io: 1001, cpuid: 1]]), budget: budget).verdict == .regression)
  }

  @Test("counts of another number of operations, or of a kind that is missing now, are not comparable")
  func notComparable() {
    let budget = census([[cpuid: 1000, io: 1]])
    let shorter = census([[cpuid: 999, io: 1]], iterations: 999)
    #expect(CountJudgement("op", new: shorter, budget: budget).verdict == .notComparable)
    let blind = ExitCensus(iterations: 1000, kinds: [.roundTrip], runs: [[io: 1]])
    #expect(CountJudgement("op", new: blind, budget: budget).verdict == .notComparable)
  }
}

struct MeasuredBlocksTests {
  @Test("a quartet is the mean of the logarithms of its two ratios; what has no partner says nothing")
  func quartets() {
    var blocks = MeasuredBlocks()
    blocks.beginRound()
    blocks.append(old: [100, 200], new: [200, 200])
    blocks.append(old: [100, 100], new: [100, 100])
    blocks.beginRound()
    #expect(blocks.quartets.rounds == [[log(2) / 2, 0]])
    blocks.append(old: [100], new: [0])
    #expect(blocks.quartets.rounds == [[log(2) / 2, 0]])
    #expect(blocks.oldMedian == 100 && blocks.newMedian == 100)
  }

  @Test(
    "no numbers in a file can stop a judgement",
    arguments: [
      MeasuredBlocks(old: [], new: [[1, 1]]),
      MeasuredBlocks(old: [[[1, 1], [1]], [[0, 0]]], new: [[0, 0]]),
      MeasuredBlocks(old: [[[.max, 1]]], new: [[1, .max], [3]]), MeasuredBlocks(),
    ])
  func hostile(blocks: MeasuredBlocks) {
    var judgement = CycleJudgement("op", .pass, reason: "", tolerance: 0.02)
    judgement.take(blocks)
    for mode in [CheckResult.Mode.against, .baseline] {
      let check = CheckResult(
        mode: mode, old: "", new: "", host: [:], seed: .max, seconds: 0, cycles: [judgement, judgement])
      let again = check.judgedAgain(seed: check.seed) { $1 }
      #expect(again.cycles.map(\.verdict) == [.inconclusive, .inconclusive])
    }
  }
}

struct SequentialJudgementTests {
  /// Blocks of as many rounds as a change of this size takes to be measured by; every quartet of a round alike.
  private func blocks(change: Double, rounds: Int, _ generator: inout SeededGenerator) -> MeasuredBlocks {
    var blocks = MeasuredBlocks()
    for _ in 0..<rounds {
      blocks.beginRound()
      for _ in 0..<2 {
        let noise = (0..<4).map { _ in Double.random(in: 0.99...1.01, using: &generator) }
        blocks.append(
          old: noise[..<2].map { UInt64(30_000 * $0) },
          new: noise[2...].map { UInt64(30_000 * $0 * (1 + change)) })
      }
    }
    return blocks
  }

  @Test("what a run said look by look, its rounds say again, figure for figure")
  func again() {
    var generator = SeededGenerator(seed: 5)
    let operations = [("same", 0.0), ("slow", 0.06), ("border", 0.02), ("fast", -0.05)].map {
      ($0.0, blocks(change: $0.1, rounds: 27, &generator))
    }
    var live = SequentialJudgement(operations.map { ($0.0, 0.02) }, seed: 99)
    var measured = operations.map { _ in MeasuredBlocks() }
    for round in 1...27 {
      for index in operations.indices where !live.isDecided(index) {
        measured[index].beginRound()
        measured[index].append(
          old: operations[index].1.old[0][round - 1], new: operations[index].1.new[round - 1])
      }
      if CycleEvidence.looks.contains(round) { live.look(measured) }
    }
    let cycles = zip(live.judgements, measured).compactMap { judgement, blocks in
      judgement.map { judgement in
        var judgement = judgement
        judgement.take(blocks)
        return judgement
      }
    }
    #expect(cycles.map(\.verdict) == [.pass, .regression, .inconclusive, .improvement])
    #expect(cycles[0].rounds < 27 && cycles[2].rounds == 27)
    // Eight rounds show it, and are too few to rule chance out.
    #expect(cycles[3].rounds > 8)
    let check = CheckResult(
      mode: .against, old: "", new: "", host: [:], seed: 99, seconds: 0, cycles: cycles)
    #expect(check.judgedAgain(seed: 99) { $1 } == check)
    #expect(check.judgedAgain(seed: 99) { _, _ in 0.1 }.cycles.allSatisfy { $0.verdict == .pass })
  }

  @Test("counts are held against another tolerance again, and what could not be compared stays so")
  func counts() {
    let key = ExitKey(.light, "SVM_EXIT_CPUID")
    func census(_ count: UInt64, _ iterations: UInt64 = 1000) -> ExitCensus {
      ExitCensus(iterations: iterations, kinds: [.light], runs: [[key: count]])
    }
    let exits = [
      CountJudgement("more", new: census(1010), budget: census(1000)),
      CountJudgement("other", new: census(1010), budget: census(1000, 999)),
    ]
    let check = CheckResult(
      mode: .exits, old: "", new: "", host: [:], seed: 1, seconds: 0, exits: exits)
    #expect(check.judgedAgain(seed: 1) { $1 } == check)
    #expect(
      check.judgedAgain(seed: 1) { _, _ in 0.02 }.exits.map(\.verdict) == [.pass, .notComparable])
  }
}

struct SequentialReplayTests {
  @Test("a replay of rounds that show a slowdown calls it, one of the same side against itself does not")
  func replay() throws {
    var generator = SeededGenerator(seed: 21)
    let slow = try #require(
      SequentialReplay(
        [blocks(change: 0.05, noise: 0.01, &generator)], rounds: 40, tolerance: 0.02, isNull: false))
    #expect(slow.run(using: &generator) == [.regression])
    // Even where what was recorded is one-sided: which side is called A is drawn.
    let same = try #require(
      SequentialReplay(
        [blocks(change: 0.01, noise: 0.01, &generator)], rounds: 40, tolerance: 0.02, isNull: true))
    #expect(same.run(using: &generator) == [.pass])
  }

  @Test("nothing recorded is nothing to replay")
  func empty() {
    #expect(SequentialReplay([], rounds: 10, tolerance: 0.02, isNull: true) == nil)
    #expect(SequentialReplay([MeasuredBlocks()], rounds: 10, tolerance: 0.02, isNull: true) == nil)
  }
}

struct GateOutcomeTests {
  @Test(
    "a regression outweighs all else, what is not comparable what is inconclusive, and what cannot run says nothing"
  )
  func outcome() {
    #expect(GateOutcome([.pass, .improvement, .unsupported]) == .pass)
    #expect(GateOutcome([.pass, .inconclusive]) == .inconclusive)
    #expect(GateOutcome([.inconclusive, .notComparable]) == .notComparable)
    #expect(GateOutcome([.notComparable, .regression, .inconclusive]) == .regression)
    #expect(GateOutcome([.unsupported]) == .notComparable)
    #expect(GateOutcome([]) == .notComparable)
  }
}

struct ComparabilityTests {
  private let host = ["kernel": "6.1", "cpu_model": "A", "tsc_khz": "2445430", "nested": "false"]

  @Test(
    "another kernel, processor, nesting or TSC frequency makes cycles not comparable, each with a sentence")
  func differences() {
    #expect(Comparability.differences(old: host, new: host).isEmpty)
    for (key, value) in [("kernel", "6.2"), ("cpu_model", "B"), ("nested", "true"), ("tsc_khz", "2596130")] {
      var other = host
      other[key] = value
      #expect(Comparability.differences(old: host, new: other).count == 1)
    }
    var unknown = host
    unknown["tsc_khz"] = nil
    #expect(Comparability.differences(old: host, new: unknown).count == 1)
  }

  @Test("exits compare between kernels, and not between makers of processors or ways to execute guest code")
  func exits() {
    var other = host
    other["kernel"] = "6.2"
    #expect(Comparability.exitDifferences(old: host, new: other).isEmpty)
    other["cpu_vendor"] = "GenuineIntel"
    #expect(Comparability.exitDifferences(old: host, new: other).count == 1)
  }

  @Test(
    "no number in a file can stop the comparison",
    arguments: ["1e300", "inf", "-5", "", "99999999999999999999"])
  func hostileFrequency(text: String) {
    var other = host
    other["tsc_khz"] = text
    #expect(Comparability.differences(old: host, new: other).count == 1)
    #expect(Comparability.differences(old: other, new: host).count == 1)
  }

  @Test("a TSC that was calibrated a little differently at boot is the same TSC")
  func calibration() {
    var other = host
    other["tsc_khz"] = "2445441"
    #expect(Comparability.differences(old: host, new: other).isEmpty)
  }
}

struct BlockReplyTests {
  @Test("a reply survives its line, and its median is a duration that occurred")
  func roundTrip() throws {
    let reply = BlockReply(workload: "op", outcome: "completed", cycles: [5, 3, 5, 9])
    let line = try GateJSON.line(reply)
    #expect(!line.contains("\n"))
    #expect(try GateJSON.decode(BlockReply.self, line: Array(line.utf8)) == reply)
    #expect(reply.durations == [[3, 1], [5, 2], [9, 1]] && reply.median == 5 && reply.isConsistent)
    #expect(BlockReply(workload: "op", outcome: "completed", cycles: []).median == nil)
  }

  @Test(
    "counts that are not what they say they are, are noticed",
    arguments: [
      [[3, 1]], [[3, 1], [5]], [[3, .max], [4, 5]], [[3, 5]], [],
    ] as [[[UInt64]]])
  func inconsistent(durations: [[UInt64]]) {
    var reply = BlockReply(workload: "op", outcome: "completed", cycles: [1, 2, 3, 4])
    reply.durations = durations
    #expect(!reply.isConsistent)
  }

  @Test(
    "a request is a workload and a number of operations, and nothing else",
    arguments: [
      "", "pio-write", "pio-write 0", "pio-write 100001", "pio-write 18446744073709551615", "pio-write x",
      "pio-write 5 6", "pio-write -1",
    ])
  func badRequests(line: String) { #expect(BlockRequest(line: line) == nil) }
}
