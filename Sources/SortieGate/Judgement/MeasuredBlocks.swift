internal import Glibc
public import SortieStatistics

/// The blocks behind a judgement of cycles: enough to judge them again.
public struct MeasuredBlocks: Codable, Sendable, Equatable {
  /// Medians of the old side's blocks, cycles, in rounds, in sessions. Of two sides that were measured in one run there is
  /// one session.
  public var old: [[[UInt64]]]
  /// Medians of the new side's blocks, cycles, in rounds. Where both sides were measured in one run, the rounds are those of
  /// ``old``, and two neighbouring blocks of each side make a quartet.
  public var new: [[UInt64]]

  /// Blocks measured in these rounds.
  public init(old: [[[UInt64]]] = [[]], new: [[UInt64]] = []) {
    self.old = old
    self.new = new
  }

  /// Begins a round of both sides.
  public mutating func beginRound() {
    old[0].append([])
    new.append([])
  }

  /// Adds a quartet to the last round: two blocks of each side, in their order.
  public mutating func append(old pair: [UInt64], new other: [UInt64]) {
    old[0][old[0].count - 1] += pair
    new[new.count - 1] += other
  }

  /// Logarithms of the ratios new over old, one a quartet: the drift that its order cancels is no noise. Blocks without a
  /// partner, and rounds that both sides do not have, say nothing.
  public var quartets: GroupedSample {
    GroupedSample(
      rounds: zip(old.first ?? [], new).map { old, new in
        let ratios = zip(old, new).map { old, new in log(Double(new) / Double(old)) }
        return stride(from: 0, to: ratios.count - ratios.count % 2, by: 2).map {
          (ratios[$0] + ratios[$0 + 1]) / 2
        }.filter(\.isFinite)
      })
  }

  /// The logarithms of both sides' blocks, where they were measured in one run. Blocks without a partner, and rounds that both
  /// sides do not have, say nothing.
  public var pairs: PairedSample {
    var sample = PairedSample()
    for (old, new) in zip(old.first ?? [], new) {
      let measured = zip(old, new).filter { $0 > 0 && $1 > 0 }
      sample.append(round: measured.map { (log(Double($0)), log(Double($1))) })
    }
    return sample
  }

  /// Rounds measured of both sides, where that was in one run.
  public var rounds: Int { min(old.first?.count ?? 0, new.count) }

  /// The first `count` rounds of both sides.
  public func prefix(rounds count: Int) -> Self {
    Self(old: old.prefix(1).map { Array($0.prefix(count)) }, new: Array(new.prefix(count)))
  }

  /// The logarithms of the old side's blocks, session by session.
  public var sessions: [GroupedSample] { old.map(Self.logarithms).filter { !$0.rounds.isEmpty } }
  /// The logarithms of the new side's blocks.
  public var logarithms: GroupedSample { Self.logarithms(new) }

  private static func logarithms(_ rounds: [[UInt64]]) -> GroupedSample {
    GroupedSample(rounds: rounds.map { $0.filter { $0 > 0 }.map { log(Double($0)) } })
  }

  /// What the old side costs by the statistic `mean`, cycles: of the sessions' trimmed means of logarithms, the mean; nil
  /// of none.
  public var oldMean: Double? {
    let centers = sessions.compactMap(\.estimate)
    return centers.isEmpty ? nil : exp(centers.reduce(0, +) / Double(centers.count))
  }

  /// The median of the sessions' medians of the old side's blocks, cycles; nil of none.
  public var oldMedian: Double? { Location.median(old.compactMap(Self.median)) }
  /// The median of the new side's blocks, cycles; nil of none.
  public var newMedian: Double? { Self.median(new) }

  private static func median(_ rounds: [[UInt64]]) -> Double? {
    Location.median(rounds.joined().map { Double($0) })
  }
}
