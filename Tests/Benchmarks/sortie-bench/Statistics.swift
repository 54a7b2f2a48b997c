/// The middle value; the mean of the two middle ones of an even number. Precondition: there are values.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
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

/// The 95 % percentile bootstrap interval of a statistic of `values`, which are drawn again and again.
func bootstrapInterval<Value>(
  of values: [Value], draws: Int = 4000, _ statistic: ([Value]) -> Double
) -> ClosedRange<Double> {
  var random = SplitMix64(state: 42)
  var results: [Double] = []
  results.reserveCapacity(draws)
  for _ in 0..<draws {
    results.append(
      statistic(values.indices.map { _ in values[Int.random(in: values.indices, using: &random)] }))
  }
  results.sort()
  return results[draws * 25 / 1000]...results[draws * 975 / 1000]
}
