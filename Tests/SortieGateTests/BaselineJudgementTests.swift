import Glibc
import SortieGate
import SortieStatistics
import Testing

/// Judgements of blocks that are held against the sessions of a baseline.
struct BaselineJudgementTests {
  /// Where the sessions lie, as logarithms: by how much one is dearer than another.
  private static let sessions = [-0.002, 0, 0.002]

  /// Rounds of three blocks each around a logarithm.
  private static func rounds(_ level: Double, _ generator: inout SeededGenerator) -> [[UInt64]] {
    (0..<10).map { _ in
      (0..<3).map { _ in UInt64(1e6 * exp(level + Double.random(in: -0.001...0.001, using: &generator))) }
    }
  }

  /// What is said of `operations` operations that all are dearer by `change`, a logarithm.
  private static func judgement(
    change: Double, operations: Int, sessions: [Double] = sessions
  ) throws -> CycleJudgement {
    var generator = SeededGenerator(seed: 1)
    let blocks = MeasuredBlocks(
      old: sessions.map { rounds($0, &generator) }, new: rounds(change, &generator))
    let evidence = CycleEvidence(
      "op", new: blocks.logarithms, sessions: blocks.sessions, tolerance: 0.02, using: &generator)
    return try #require(CycleJudgement.judge(Array(repeating: evidence, count: operations)).first)
  }

  @Test(
    "what it could see it finds, and what is a tenth smaller it does not, of three sessions and more, of one operation and many",
    arguments: [3, 5], [1, 5, 41])
  func detectable(sessions: Int, operations: Int) throws {
    let levels = (0..<sessions).map { 0.004 * Double($0) / Double(sessions - 1) - 0.002 }
    let printed = try #require(
      Self.judgement(change: 0, operations: operations, sessions: levels).smallestDetectable)
    let change = log(1 + printed)
    let found = try Self.judgement(change: change * 1.01, operations: operations, sessions: levels)
    #expect(found.verdict == .regression)
    let missed = try Self.judgement(change: change * 0.9, operations: operations, sessions: levels)
    #expect(missed.verdict == .inconclusive, "\(printed)")
  }

  @Test(
    "a change that looks clear of few sessions is inconclusive for their sake, and the advice says what helps"
  )
  func advice() throws {
    let few = try Self.judgement(change: 0.04, operations: 1)
    #expect(few.verdict == .inconclusive)
    let reason = try #require(few.reason)
    #expect(reason.contains("3 sessions") && reason.contains("--append"))
    let levels = (0..<8).map { 0.004 * Double($0) / 7 - 0.002 }
    #expect(try Self.judgement(change: 0.04, operations: 1, sessions: levels).verdict == .regression)
  }

  @Test("sessions that are orders of magnitude apart leave a document that can be written")
  func wildSessions() throws {
    let judgement = try Self.judgement(change: 0, operations: 41, sessions: [-10, 0, 10])
    #expect(judgement.verdict == .inconclusive && judgement.smallestDetectable == nil)
    #expect(try !GateJSON.document(judgement).isEmpty)
  }

  @Test("where the clock's step is all that differs, one step is no regression, and ten are")
  func clockSteps() throws {
    func judgement(_ now: UInt64) throws -> CycleJudgement {
      var generator = SeededGenerator(seed: 1)
      let session = [[UInt64]](repeating: [260, 260, 260], count: 10)
      let blocks = MeasuredBlocks(
        old: [session, session, session], new: [[UInt64]](repeating: [now, now, now], count: 10))
      let evidence = CycleEvidence(
        "op", new: blocks.logarithms, sessions: blocks.sessions, tolerance: 0.02, using: &generator)
      return try #require(CycleJudgement.judge([evidence]).first)
    }
    let step = try judgement(286)
    #expect(step.verdict == .inconclusive, "\(step)")
    #expect(try judgement(520).verdict == .regression)
    let same = try judgement(260)
    #expect(same.verdict == .pass && (same.smallestDetectable ?? 0) > 0, "\(same)")
    #expect(try #require(step.smallestDetectable) > 0.1, "a step of the clock is not to be seen")
  }

  @Test("the interval holds what 95 of 100 do: a baseline is looked at once")
  func confidence() throws {
    let judgement = try Self.judgement(change: 0, operations: 1)
    #expect(judgement.verdict == .pass && judgement.confidence == 0.95)
  }
}
