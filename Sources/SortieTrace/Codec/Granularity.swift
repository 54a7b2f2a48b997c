/// A column's residuals as multiples of a unit.
///
/// Many processors advance the TSC by a fixed number of cycles at a time (26 at 2.6 GHz from a 100 MHz clock): distances
/// between stamps are then multiples of it but for rare rows, and dividing by it saves its logarithm in bits a row.
struct Granularity {
  /// Cycles of a step; 1 where there is none to speak of.
  let unit: UInt64
  /// Residual of quotient 0.
  let origin: UInt64
  /// Residual = origin + unit · quotient + remainder, modulo 2^64.
  let quotients: [UInt64]
  /// Rows that are no multiples, ascending.
  let remainders: [(row: Int, remainder: UInt64)]

  private static let sampleRows = 256
  /// Fewer rows are not worth it.
  private static let leastRows = 64

  init(_ residuals: [UInt64]) {
    guard let (unit, origin) = Self.step(of: residuals) else {
      self.unit = 1
      origin = 0
      quotients = residuals
      remainders = []
      return
    }
    var remainders: [(row: Int, remainder: UInt64)] = []
    quotients = [UInt64](unsafeUninitializedCapacity: residuals.count) { memory, count in
      for row in 0..<residuals.count {
        let (quotient, remainder) = (residuals[row] &- origin).quotientAndRemainder(dividingBy: unit)
        memory.initializeElement(at: row, to: quotient)
        if remainder != 0 { remainders.append((row, remainder)) }
      }
      count = residuals.count
    }
    self.unit = unit
    self.origin = origin
    self.remainders = remainders
  }

  /// The step that nine in ten of sampled residuals keep to, and where it starts: at the least residual or just below.
  private static func step(of residuals: [UInt64]) -> (unit: UInt64, origin: UInt64)? {
    guard residuals.count >= leastRows else { return nil }
    let sample = stride(from: 1, to: residuals.count, by: max(1, residuals.count / sampleRows)).map {
      Int64(bitPattern: residuals[$0])
    }
    // Two distances, both multiples of the step, most often have it as their greatest common divisor.
    var votes: [UInt64: Int] = [:]
    for index in 2..<sample.count {
      let first = distance(sample[index - 2], sample[index - 1])
      let second = distance(sample[index - 1], sample[index])
      let divisor = greatestCommonDivisor(first, second)
      if divisor > 1, first != 0, second != 0 { votes[divisor, default: 0] += 1 }
    }
    guard let unit = votes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key,
      unit <= UInt64(Int64.max)
    else { return nil }
    var phases: [Int64: Int] = [:]
    for value in sample { phases[phase(value, unit), default: 0] += 1 }
    guard let common = phases.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
      common.value * 10 >= sample.count * 9
    else { return nil }
    guard let anchor = sample.first(where: { phase($0, unit) == common.key }) else { return nil }
    var least = Int64.max
    for residual in residuals { least = min(least, Int64(bitPattern: residual)) }
    let beyond = UInt64(bitPattern: anchor &- least) % unit
    return (unit, UInt64(bitPattern: least) &- (beyond == 0 ? 0 : unit - beyond))
  }

  private static func distance(_ a: Int64, _ b: Int64) -> UInt64 {
    a > b ? UInt64(bitPattern: a &- b) : UInt64(bitPattern: b &- a)
  }

  private static func phase(_ value: Int64, _ unit: UInt64) -> Int64 {
    let remainder = value % Int64(unit)
    return remainder < 0 ? remainder + Int64(unit) : remainder
  }

  private static func greatestCommonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
