/// The middle value; the mean of the two middle ones of an even number. Precondition: there are values.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// The value below which `share` of the values lie.
func quantile(_ values: [UInt64], _ share: Double) -> UInt64 {
  let sorted = values.sorted()
  return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
}

/// SplitMix64 (Steele, Lea, Flood, 2014): the same draws every time.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// The 95 % percentile bootstrap interval of the ratio of medians of paired values: pairs are drawn again.
func ratioInterval(_ pairs: [(above: Double, below: Double)], draws: Int = 4000) -> ClosedRange<Double> {
  var random = SplitMix64(state: 42)
  var ratios: [Double] = []
  ratios.reserveCapacity(draws)
  for _ in 0..<draws {
    let drawn = pairs.indices.map { _ in pairs[Int.random(in: pairs.indices, using: &random)] }
    ratios.append(median(drawn.map(\.above)) / median(drawn.map(\.below)))
  }
  ratios.sort()
  return ratios[draws * 25 / 1000]...ratios[draws * 975 / 1000]
}
