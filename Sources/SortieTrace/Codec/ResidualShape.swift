/// What one pass over a column's residuals tells about packing them.
struct ResidualShape {
  /// Runs of equal residuals.
  var runs: Int
  /// Subtracted from each residual before its bits are packed.
  var base: UInt64
  /// Bits a row at which packed bits and patches together are smallest.
  var width: Int
  /// The same for planes of eight bits.
  var planeBase: UInt64
  /// Planes of eight bits at which planes and patches together are smallest.
  var planes: Int

  init(_ residuals: UnsafeBufferPointer<UInt64>) {
    var least = Int64.max
    var greatest = Int64.min
    var changes = 0
    var previous = residuals.first ?? 0
    for residual in residuals {
      let signed = Int64(bitPattern: residual)
      least = min(least, signed)
      greatest = max(greatest, signed)
      changes += residual != previous ? 1 : 0
      previous = residual
    }
    runs = changes + 1
    base = UInt64(bitPattern: residuals.isEmpty ? 0 : least)
    width = 0
    planeBase = base
    planes = 1
    guard changes > 0 else { return }
    // A few stragglers far below must not widen every row: they can be patches too, seen from a higher base.
    let typical = Self.lowQuantile(residuals)
    var bestCost = Int.max
    var bestPlaneCost = Int.max
    for candidate in [base, typical] {
      let histogram = Self.widths(residuals, base: candidate)
      let (width, cost) = Self.cheapest(histogram, rows: residuals.count, step: 1, most: BitPacking.maxWidth)
      if cost < bestCost { (bestCost, self.width, base) = (cost, width, candidate) }
      let (bits, planeCost) = Self.cheapest(histogram, rows: residuals.count, step: 8, most: 64)
      if planeCost < bestPlaneCost {
        (bestPlaneCost, planes, planeBase) = (planeCost, max(1, bits / 8), candidate)
      }
    }
  }

  /// How many residuals, less `base`, need how many bits.
  private static func widths(_ residuals: UnsafeBufferPointer<UInt64>, base: UInt64) -> [Int] {
    var histogram = [Int](repeating: 0, count: 65)
    histogram.withUnsafeMutableBufferPointer { histogram in
      for residual in residuals { histogram[64 - (residual &- base).leadingZeroBitCount] += 1 }
    }
    return histogram
  }

  /// The width among multiples of `step` with the fewest bits, patches included.
  private static func cheapest(
    _ histogram: [Int], rows: Int, step: Int, most: Int
  ) -> (width: Int, bits: Int) {
    var best = (width: most, bits: Int.max)
    for width in stride(from: 0, through: most, by: step) {
      var bits = rows * width
      for needed in stride(from: width + 1, through: 64, by: 1) where histogram[needed] > 0 {
        bits += histogram[needed] * (12 + 8 * ((needed - width + 6) / 7))
      }
      if bits < best.bits { best = (width, bits) }
    }
    return best
  }

  /// A residual that about one in a hundred lies below, from a sample.
  private static func lowQuantile(_ residuals: UnsafeBufferPointer<UInt64>) -> UInt64 {
    let step = max(1, residuals.count / 512)
    var sample: [Int64] = []
    for row in stride(from: 0, to: residuals.count, by: step) {
      sample.append(Int64(bitPattern: residuals[row]))
    }
    sample.sort()
    return UInt64(bitPattern: sample[sample.count / 100])
  }
}
