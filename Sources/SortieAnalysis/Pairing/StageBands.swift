/// Stages of operations by their length, eight classes to the octave: what the usual ones are made of, and the tail.
struct StageBands {
  private var classes = [StageSums](repeating: StageSums(), count: LengthClass.count)

  mutating func record(_ stages: StageCycles, length: UInt64) {
    classes[LengthClass.index(of: length)].record(stages)
  }

  mutating func add(_ other: StageBands) {
    for index in classes.indices { classes[index].add(other.classes[index]) }
  }

  /// All operations, and where there are enough, those up to the 90th percentile and those above the 99th.
  var summaries: [StageBand] {
    LengthClass.bands(classes.map(\.count)).compactMap { band, indices in
      var sums = StageSums()
      for index in indices { sums.add(classes[index]) }
      return StageSummary(sums, population: .operations).map { StageBand(band: band, stages: $0) }
    }
  }
}

/// Classes of lengths, eight to the octave, and the bands of percentiles that they make.
enum LengthClass {
  /// How many there are.
  static let count = 64 * 8

  /// The class of a length in cycles.
  static func index(of length: UInt64) -> Int {
    let octave = 63 - (length | 1).leadingZeroBitCount
    let eighth = octave >= 3 ? length >> UInt64(octave - 3) & 7 : length << UInt64(3 - octave) & 7
    return octave * 8 + Int(eighth)
  }

  /// The classes of each band, by the number of operations in each class.
  static func bands(_ counts: [UInt64]) -> [(Composition.Band, Range<Int>)] {
    let total = counts.reduce(0, &+)
    guard total > 0 else { return [] }
    guard total >= CycleSummary.leastForP99 else { return [(.all, 0..<counts.count)] }
    func index(ofPerMille perMille: UInt64) -> Int {
      let rank = (Double(total) * Double(perMille) / 1000).rounded(.up)
      var seen: UInt64 = 0
      for index in counts.indices {
        seen &+= counts[index]
        if Double(seen) >= rank { return index }
      }
      return counts.count - 1
    }
    return [
      (.all, 0..<counts.count), (.toP90, 0..<index(ofPerMille: 900) + 1),
      (.aboveP99, index(ofPerMille: 990) + 1..<counts.count),
    ]
  }
}
